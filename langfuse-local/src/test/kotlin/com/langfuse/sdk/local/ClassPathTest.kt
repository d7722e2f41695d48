package com.langfuse.sdk.local

import com.google.protobuf.Struct
import com.google.protobuf.Value
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.File
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.util.Base64
import java.util.concurrent.TimeUnit
import kotlin.io.path.createTempFile
import kotlin.io.path.deleteExisting
import kotlin.io.path.readText
import kotlin.io.path.writeBytes

/** What a program gets when it adds langfuse-local, and what it may bring itself; the build writes the list. */
class ClassPathTest :
    FunSpec({

        test("Jackson and annotations for nullness are on it, and nothing else") {
            ClassPathTest::class.java
                .getResource("/runtime-class-path.txt")!!
                .readText()
                .trim()
                .split(File.pathSeparator)
                .map { File(it).name.replace(Regex("-[0-9].*"), "") }
                .shouldContainExactlyInAnyOrder("jackson-annotations", "jackson-core", "jackson-databind", "jspecify")
        }

        test("no class refers to protobuf or OpenTelemetry") {
            val classes = File(LocalLangfuse::class.java.protectionDomain.codeSource.location.toURI())
            val texts =
                classes
                    .walk()
                    .filter { it.extension == "class" }
                    .associate { it.name to it.readText(Charsets.ISO_8859_1) }
            texts.keys shouldContain "ProtobufDecoder.class"
            texts
                .filterValues { "com/google/protobuf" in it || "io/opentelemetry" in it || "com.google.protobuf" in it }
                .keys
                .shouldBeEmpty()
        }

        context("an export is received beside the protobuf-java of an application, which uses it in the same program") {
            val jars = File("target/protobuf").listFiles().orEmpty().toList()
            jars shouldHaveSize 3
            withData<File>({ it.name }, jars) { jar ->
                val body = createTempFile("export")
                val output = createTempFile("output")
                try {
                    body.writeBytes(export(span("beside", attributes = mapOf("langfuse.observation.input" to "in"))))
                    val process =
                        ProcessBuilder(
                            File(System.getProperty("java.home"), "bin/java").path,
                            "-cp",
                            jar.path + File.pathSeparator + System.getProperty("java.class.path"),
                            ProtobufProgram::class.java.name,
                        ).redirectErrorStream(true)
                            .redirectInput(body.toFile())
                            .redirectOutput(output.toFile())
                            .start()
                    try {
                        process.waitFor(SOON.toSeconds(), TimeUnit.SECONDS) shouldBe true
                    } finally {
                        process.destroyForcibly()
                    }
                    withClue(output.readText()) {
                        process.exitValue() shouldBe 0
                        output.readText() shouldContain "protobuf is ${jar.name}"
                        output.readText() shouldContain "200 {}"
                        output.readText() shouldContain "received beside in"
                    }
                } finally {
                    body.deleteExisting()
                    output.deleteExisting()
                }
            }
        }
    })

/** An application with messages of its own that tests what it exports. */
internal object ProtobufProgram {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val value = Value.newBuilder().setStringValue("value").build()
        val message = Struct.newBuilder().putFields("key", value).build()
        check(Struct.parseFrom(message.toByteArray()) == message)
        val jar = File(Struct::class.java.protectionDomain.codeSource.location.toURI())
        println("protobuf is ${jar.name}")
        LocalLangfuse.start().use { langfuse ->
            val keys = "${langfuse.publicKey()}:${langfuse.secretKey()}"
            val request =
                HttpRequest
                    .newBuilder(langfuse.baseUrl().resolve("/api/public/otel/v1/traces"))
                    .header("Content-Type", "application/x-protobuf")
                    .header("Authorization", "Basic " + Base64.getEncoder().encodeToString(keys.toByteArray()))
                    .POST(HttpRequest.BodyPublishers.ofByteArray(System.`in`.readAllBytes()))
                    .build()
            val client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()
            val answer = client.send(request, HttpResponse.BodyHandlers.ofString())
            println("${answer.statusCode()} ${answer.body()}")
            langfuse.observations().forEach { println("received ${it.name()} ${it.input()}") }
        }
    }
}
