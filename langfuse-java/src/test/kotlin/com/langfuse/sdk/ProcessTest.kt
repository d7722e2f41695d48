package com.langfuse.sdk

import com.langfuse.sdk.local.Fault
import com.langfuse.sdk.local.LocalLangfuse
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.opentelemetry.sdk.OpenTelemetrySdk
import io.opentelemetry.sdk.trace.SdkTracerProvider
import java.io.File
import java.util.concurrent.TimeUnit
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime

/** What belongs to the whole process, in a JVM of its own: environment, default client, exit. */
class ProcessTest :
    FunSpec({
        /** Runs the program to its end and returns what it printed. */
        fun run(
            program: String,
            environment: Map<String, String>,
            classPath: String = System.getProperty("java.class.path"),
        ): String {
            val output = File.createTempFile("program", ".txt")
            val process =
                ProcessBuilder(
                    File(System.getProperty("java.home"), "bin/java").path,
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                    classPath,
                    Programs::class.java.name,
                    program,
                ).apply { environment() += environment }
                    .redirectErrorStream(true)
                    .redirectOutput(output)
                    .start()
            process.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS) shouldBe true
            val text = output.readText()
            output.delete()
            withClue(text) { process.exitValue() shouldBe 0 }
            return text
        }

        fun environmentOf(local: LocalLangfuse) =
            mapOf(
                "LANGFUSE_PUBLIC_KEY" to local.publicKey(),
                "LANGFUSE_SECRET_KEY" to local.secretKey(),
                "LANGFUSE_BASE_URL" to local.baseUrl().toString(),
            )

        test("what ended before the program's end arrives, though nobody closed the client") {
            LocalLangfuse.start().use { local ->
                run("forgets to close", environmentOf(local))
                local.observations().map { it.name } shouldBe listOf("last words")
            }
        }

        test("what is lost at the end is said, though the logging may have gone") {
            LocalLangfuse.start().use { local ->
                local.always(Fault.status(400))
                run("forgets to close", environmentOf(local)) shouldContain
                    "not everything was delivered at exit: observations: 0 exported, 1 failed"
            }
        }

        test("a port that nobody listens on does not hold up the end: it is given up soon, and the reason is said") {
            val nobody = LocalLangfuse.start().use { environmentOf(it) }
            val output: String
            val took =
                measureTime { output = run("forgets to close", nobody + ("LANGFUSE_EXIT_TIMEOUT" to "55")) }
            took shouldBeLessThan 45.seconds
            output shouldContain "not everything was delivered at exit: observations: 0 exported, 1 pending"
            output shouldContain
                "reason: Langfuse at ${nobody["LANGFUSE_BASE_URL"]} could not be reached: connection refused"
        }

        test("with wrong keys the last line has the hint") {
            LocalLangfuse.start().use { local ->
                run("forgets to close", environmentOf(local) + ("LANGFUSE_SECRET_KEY" to "sk-wrong"))
                    .lines()
                    .single { "at exit" in it } shouldContain "check LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY"
            }
        }

        test("the time that the end may take is a setting") {
            LocalLangfuse.start().use { local ->
                local.always(Fault.hang())
                val output: String
                val took =
                    measureTime {
                        output = run("forgets to close", environmentOf(local) + ("LANGFUSE_EXIT_TIMEOUT" to "1.5"))
                    }
                took shouldBeLessThan 9.seconds // of which the default alone would take ten
                output shouldContain "1 pending; reason: Langfuse at ${local.baseUrl()} has not answered for 1 s"
            }
        }

        test("the exit hook can be left out") {
            LocalLangfuse.start().use { local ->
                run("wants no hook", environmentOf(local))
                local.observations().shouldBeEmpty()
            }
        }

        test("a line of the log names the class that speaks") {
            val output = run("uses the default", emptyMap())
            output shouldContain "com.langfuse.sdk.Assembly"
            output shouldNotContain "QuietLog"
        }

        test("the process default is made from the environment on first use") {
            LocalLangfuse.start().use { local ->
                run("uses the default", environmentOf(local))
                local.observations().map { it.name } shouldBe listOf("by default")
            }
        }

        test("the process default is the first client that is built, until it is closed, and then the next one") {
            LocalLangfuse.start().use { local ->
                val output =
                    run("builds several", environmentOf(local) + ("LANGFUSE_TRACING_ENVIRONMENT" to "variable"))
                output shouldContain "dropped: 1"
                output shouldNotContain "is disabled"
                local.observations().associate { it.name to it.environment } shouldBe
                    mapOf(
                        "first" to "a",
                        "still the first" to "a",
                        "second" to "b",
                        "kept apart" to "apart",
                        "third" to "c",
                        "global" to "global",
                        "third again" to "c",
                    )
            }
        }

        test(
            "a client that records is the process default before a disabled one, and before one made of the environment",
        ) {
            LocalLangfuse.start().use { local ->
                val output = run("has no keys in the environment", mapOf("TEST_BASE_URL" to local.baseUrl().toString()))
                output.lines().count { "is disabled" in it } shouldBe 1
                local.observations().map { it.name } shouldBe listOf("recorded")
                run(
                    "uses the default, then builds",
                    environmentOf(local) + ("LANGFUSE_TRACING_ENVIRONMENT" to "variable"),
                )
                local.observations().associate { it.name to it.environment } shouldBe
                    mapOf("recorded" to "default", "of the environment" to "variable", "of the code" to "code")
            }
        }

        test("a client on a provider of the application's is the process default as well") {
            LocalLangfuse.start().use { local ->
                run("shares a provider", environmentOf(local))
                local.observations().associate { it.name to it.metadata["seen"] } shouldBe
                    mapOf("chat" to "yes", "bare" to null)
            }
        }

        test("the process default can be built once, before its first use") {
            LocalLangfuse.start().use { local ->
                run("builds the default", environmentOf(local)) shouldContain "has a default Langfuse client already"
                local.observations().map { it.environment } shouldBe listOf("chosen")
            }
        }

        test("an old incubator artifact on the class path, as instrumentation libraries bring it, does no harm") {
            LocalLangfuse.start().use { local ->
                val incubator = File("target/old-incubator.jar")
                incubator.isFile shouldBe true
                val classPath = incubator.path + File.pathSeparator + System.getProperty("java.class.path")
                if (openTelemetry.isAtLeast(1, 63)) { // than which it is older
                    run("breaks without care", emptyMap(), classPath) shouldContain "NoClassDefFoundError"
                }
                run("forgets to close", environmentOf(local), classPath)
                local.observations().map { it.name } shouldBe listOf("last words")
            }
        }

        test("a wrong environment does not break code that only records: it is logged, and nothing is sent") {
            LocalLangfuse.start().use { local ->
                val output = run("uses the default", environmentOf(local) + ("LANGFUSE_SAMPLE_RATE" to "5"))
                output shouldContain "LANGFUSE_SAMPLE_RATE"
                output shouldContain "body ran"
                local.requests().shouldBeEmpty()
            }
        }
    })

internal object Programs {
    @JvmStatic
    fun main(arguments: Array<String>) {
        when (val program = arguments.single()) {
            "forgets to close" -> {
                Langfuse.fromEnv().observation("last words").start().end()
            }

            "wants no hook" -> {
                Langfuse
                    .builder()
                    .flushOnExit(false)
                    .build()
                    .observation("last words")
                    .start()
                    .end()
            }

            "uses the default" -> {
                Langfuse.current().observation("by default").block { println("body ran") }
            }

            "builds several" -> {
                fun environment(name: String) = Langfuse.builder().environment(name)

                fun bare(name: String) = Langfuse.current().observation(name).start().end()
                environment("apart").processDefault(false).build().use { apart ->
                    val first = environment("a").build()
                    val second = environment("b").build()
                    bare("first")
                    second.propagate().run<RuntimeException> { }
                    bare("still the first")
                    apart.observation("kept apart").start().end()
                    first.close()
                    bare("second")
                    second.close()
                    bare("too late")
                    println("dropped: ${second.delivery().dropped()}")
                    environment("c").build().use {
                        bare("third")
                        environment("global").buildGlobal().use { bare("global") }
                        bare("third again")
                    }
                }
            }

            "has no keys in the environment" -> {
                val disabled = Langfuse.fromEnv()
                check(Langfuse.current() === disabled)
                Langfuse.current().observation("not recorded").start().end()
                val keys = Langfuse.builder().publicKey("pk-lf-local").secretKey("sk-lf-local")
                keys.baseUrl(System.getenv("TEST_BASE_URL")).build().use {
                    Langfuse.current().observation("recorded").start().end()
                }
            }

            "uses the default, then builds" -> {
                Langfuse.current().observation("of the environment").start().end()
                Langfuse.builder().environment("code").build()
                Langfuse.current().observation("of the code").start().end()
            }

            "shares a provider" -> {
                val settings = Langfuse.builder()
                val processor = settings.buildProcessor()
                val provider = SdkTracerProvider.builder().addSpanProcessor(processor).build()
                settings.attachTo(provider, processor)
                val span = provider.get("openinference").spanBuilder("chat").startSpan()
                span.makeCurrent().use { Observation.current().metadata("seen", "yes") }
                span.end()
                Langfuse.current().observation("bare").start().end()
                provider.close()
            }

            "builds the default" -> {
                val langfuse = Langfuse.builder().environment("chosen").buildGlobal()
                check(Langfuse.current() === langfuse)
                Langfuse.current().observation("a").start().end()
                println(runCatching { Langfuse.builder().buildGlobal() }.exceptionOrNull()?.message)
            }

            "breaks without care" -> {
                println(runCatching { OpenTelemetrySdk.builder().build() }.exceptionOrNull())
            }

            else -> {
                error(program)
            }
        }
    }
}
