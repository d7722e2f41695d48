package com.langfuse.sdk.local

import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainAll
import io.kotest.matchers.collections.shouldNotContain
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import java.io.File
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse.BodyHandlers
import java.util.Base64

/** As a module, with no other modules than those it requires: what a run-time image by jlink has. */
class ModulePathTest :
    FunSpec({

        fun java(vararg arguments: String): ProcessBuilder {
            val classes = File(LocalLangfuse::class.java.protectionDomain.codeSource.location.toURI()).path
            val jars =
                System.getProperty("java.class.path").split(File.pathSeparator).filter {
                    File(it).name.startsWith("jackson-")
                }
            return ProcessBuilder(
                File(System.getProperty("java.home"), "bin/java").path,
                "-p",
                (listOf(classes) + jars).joinToString(File.pathSeparator),
                *arguments,
            ).redirectErrorStream(true)
        }

        test("it requires what it uses, and exports what is public") {
            val process = java("--describe-module", "com.langfuse.sdk.local").start()
            val lines = process.inputReader().readLines().map { it.trim() }
            process.waitFor() shouldBe 0
            lines shouldContainAll
                listOf(
                    "requires jdk.httpserver",
                    "requires java.net.http",
                    "requires com.fasterxml.jackson.databind",
                    "exports com.langfuse.sdk.local",
                    "exports com.langfuse.sdk.local.assertion",
                )
            lines shouldNotContain "requires java.desktop"
        }

        test("it serves its routes and its page") {
            val process =
                java(
                    "--limit-modules",
                    "com.langfuse.sdk.local",
                    "-m",
                    "com.langfuse.sdk.local/com.langfuse.sdk.local.LocalLangfuse",
                    "--port",
                    "0",
                ).start()
            try {
                val said = mutableListOf<String>()
                val address =
                    process.inputReader().lineSequence().onEach { said += it }.firstNotNullOfOrNull {
                        Regex("http://[^ ]+").find(it)?.value
                    }
                withClue(said) { address shouldNotBe null }
                val client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()
                val keys = Base64.getEncoder().encodeToString("pk-lf-local:sk-lf-local".toByteArray())

                fun send(
                    path: String,
                    body: ByteArray? = null,
                ): String {
                    val request = HttpRequest.newBuilder(URI(address!!).resolve(path)).timeout(SOON)
                    request.header("Authorization", "Basic $keys")
                    if (body != null) {
                        request.header("Content-Type", "application/x-protobuf")
                        request.POST(HttpRequest.BodyPublishers.ofByteArray(body))
                    }
                    val answer = client.send(request.build(), BodyHandlers.ofString())
                    withClue("$path: ${answer.body()}") { answer.statusCode() shouldBe 200 }
                    return answer.body()
                }
                send(TRACES_PATH, export(span("modular"))) shouldBe "{}"
                send("/api/public/v2/observations?fields=core,basic") shouldContain "modular"
                send("/view/traces") shouldContain "modular"
                send("/view/traces/$TRACE") shouldContain "modular"
                send("/") shouldContain "<html"
                send("/page/app.js") shouldContain "import"
            } finally {
                process.destroyForcibly()
            }
        }
    })
