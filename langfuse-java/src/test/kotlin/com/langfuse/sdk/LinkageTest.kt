package com.langfuse.sdk

import com.langfuse.sdk.export.Java
import com.langfuse.sdk.local.Fault
import com.langfuse.sdk.local.LocalLangfuse
import io.kotest.assertions.withClue
import io.kotest.core.annotation.EnabledIf
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.opentelemetry.sdk.trace.SdkTracerProvider
import java.io.File
import kotlin.io.path.Path

/** Programs whose class path has other versions of the libraries than this build has, or lacks some. */
@EnabledIf(OnNewestOpenTelemetry::class) // of which it replaces parts
class LinkageTest :
    FunSpec({
        val jars = System.getProperty("java.class.path").split(File.pathSeparator)

        /** The jars of a folder in place of those of the same artifacts here. */
        fun with(
            folder: String,
            replaced: (String) -> Boolean = { true },
        ): List<String> {
            val others = File(folder).listFiles()!!.filter { "opentelemetry" in it.name && replaced(it.name) }
            others.shouldNotBeEmpty()
            val names = others.map { it.name.removeSuffix(".jar") }
            return others.map { it.path } + jars.filter { artifact(it) !in names }
        }

        fun without(vararg artifacts: String): List<String> {
            val left = jars.filter { artifact(it) !in artifacts || "tools" in it }
            left.size shouldBe jars.size - artifacts.size
            return left
        }

        fun run(
            classPath: List<String>,
            program: String,
            url: String = "http://127.0.0.1:9",
            vararg more: String,
        ): String {
            val environment = mapOf("LANGFUSE_PUBLIC_KEY" to "pk", "LANGFUSE_SECRET_KEY" to "sk")
            return Java(classPath = classPath.joinToString(File.pathSeparator), environment = environment)
                .run(LinkedProgram::class.java, program, url, *more)
        }

        /** It runs as if it had never been traced, and one warning says what to write into the build. */
        fun shouldBeDisabled(
            classPath: List<String>,
            vararg found: String,
            programs: List<String> = listOf("by builder"),
        ) {
            programs.forEach { program ->
                val output = run(classPath, program)
                withClue(output) {
                    output.lines().filter { it in STEPS } shouldBe STEPS
                    val warning = output.lines().single { "Langfuse is disabled" in it }
                    found.forEach { warning shouldContain it }
                    warning shouldContain "or newer is needed"
                    warning shouldNotContain "$"
                }
            }
        }

        test("all of OpenTelemetry 1.31, as Spring Boot 3.2 brings it") {
            val old = with(TOO_OLD)
            shouldBeDisabled(
                old,
                "OpenTelemetry 1.49.0 or newer",
                "opentelemetry-api 1.31.0",
                "opentelemetry-sdk-trace 1.31.0",
                "<opentelemetry.version>",
                "ext['opentelemetry.version']",
                "io.opentelemetry:opentelemetry-bom:",
                programs = listOf("by default", "by builder"),
            )
        }

        test("tracing that is switched off asks for nothing") {
            run(with(TOO_OLD), "off") shouldNotContain "Langfuse"
        }

        test("an old API below a new SDK") {
            shouldBeDisabled(
                with(TOO_OLD) { "api" in it || "context" in it },
                "opentelemetry-api 1.31.0",
                "opentelemetry-context 1.31.0",
            )
            shouldBeDisabled(with(OLDEST) { "api" in it || "context" in it }, "opentelemetry-api 1.49.0")
            shouldBeDisabled(with(OLDEST) { "context" in it }, "opentelemetry-context 1.49.0")
        }

        test("an old SDK below a new API does its part") {
            LocalLangfuse.start().use { local ->
                run(with(TOO_OLD) { "sdk" in it }, "by builder", local.baseUrl().toString()) shouldNotContain "Langfuse"
                local.observations().size shouldBe 4
            }
        }

        listOf("sdk-trace", "sdk-common").forEach { artifact ->
            test("without opentelemetry-$artifact") {
                shouldBeDisabled(without("opentelemetry-$artifact"), "opentelemetry-$artifact (missing)")
            }
        }

        listOf("core", "databind", "annotations").forEach { artifact ->
            test("without jackson-$artifact") {
                shouldBeDisabled(
                    without("jackson-$artifact"),
                    "Jackson 2.15.0 or newer",
                    "jackson-$artifact (missing)",
                    "jackson-2-bom.version",
                )
            }
        }

        test("a client that cannot be built leaves a spool to the next one that can") {
            val spool = tempdir().toPath().resolve("spool").toString()
            LocalLangfuse.start().use { local ->
                local.always(Fault.hang())
                val url = local.baseUrl().toString()
                run(jars, "spool", url, spool) shouldContain "recorded"
                run(without("jackson-databind"), "spool", url, spool) shouldContain "disabled"
                local.always(null)
                local.client { delivery { it.spool(Path(spool)) } }.use { langfuse ->
                    langfuse.flush(DEADLINE).exported() shouldBe 1
                }
                local.observations().map { it.name } shouldBe listOf("spooled")
            }
        }

        test("on the oldest OpenTelemetry everything arrives, and an output that is set twice once") {
            LocalLangfuse.start().use { local ->
                val output = run(with(OLDEST), "by builder", local.baseUrl().toString())
                withClue(output) { output shouldNotContain "Langfuse" }
                local.observations().map { it.name } shouldContainExactlyInAnyOrder
                    listOf("current", "failing", "later", "scoped")
                val current = local.observations().single { it.name == "current" }
                current.output shouldBe "text"
                current.input!!.toString() shouldBe """{"a":1}"""
                local.scores().single().name shouldBe "s"
                local
                    .requests()
                    .filter { it.path().endsWith("/otel/v1/traces") }
                    .shouldNotBeEmpty()
            }
        }

        test("a span that cannot be started does not concern the application") {
            val broken =
                SdkTracerProvider
                    .builder()
                    .setIdGenerator(
                        object : io.opentelemetry.sdk.trace.IdGenerator {
                            override fun generateSpanId() = throw NoSuchMethodError("generateSpanId")

                            override fun generateTraceId() = throw IllegalStateException("no ids today")
                        },
                    ).build()
            LocalLangfuse.start().use { local ->
                val settings = Langfuse.builder().publicKey(local.publicKey()).secretKey(local.secretKey())
                val builder = settings.baseUrl(local.baseUrl().toString())
                val langfuse = builder.attachTo(broken, builder.buildProcessor())
                langfuse.observation("outer").block { outer ->
                    outer.output("unseen")
                    langfuse.observation("inner").block { "result" }
                } shouldBe "result"
                langfuse.close()
                local.observations().shouldBeEmpty()
            }
        }
    })

private val STEPS = listOf("began", "result", "in the scope", "mine", "later", "ended")

private const val OLDEST = "target/compile-path"
private const val TOO_OLD = "target/too-old-opentelemetry"

private fun artifact(jar: String) = File(jar).name.replace(Regex("(-\\d[^/]*)?\\.jar$"), "")
