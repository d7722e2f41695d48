package com.langfuse.sdk.coroutines

import com.langfuse.sdk.coroutines.context.CASES
import com.langfuse.sdk.coroutines.context.Matrix
import com.langfuse.sdk.coroutines.context.Mechanism
import com.langfuse.sdk.coroutines.context.knownToFail
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveAtLeastSize
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.File
import java.util.concurrent.TimeUnit

/** Why blocks are what they are: three mechanisms in every shape of program we know of. The table is in RATIONALE.md. */
class ContextMatrixTest :
    FunSpec({
        val onNewest = System.getProperty("coroutines.version") != "1.10.2"
        val isFull = System.getProperty("langfuse.trials") == "full"

        test("there is something to see") { CASES shouldHaveAtLeastSize 60 }

        Mechanism.entries.forEach { mechanism ->
            test("$mechanism is wrong where it is known to be, and nowhere else") {
                val matrix = Matrix(mechanism)
                withClue(matrix.problems) {
                    matrix.problems.keys shouldBe knownToFail(mechanism, onNewest, underAgent = false)
                }
                matrix.checks shouldBeGreaterThan 8_000
            }
        }

        fun inOtherJvm(vararg options: String, underAgent: Boolean = false): String {
            val requests = if (isFull || !(underAgent || onNewest)) 5_000 else 500
            val size = listOf("$requests", if (isFull) "1000" else "30")
            val output = File.createTempFile("other-jvm", ".txt")
            val java = File(System.getProperty("java.home"), "bin/java").path
            val program = Class.forName("com.langfuse.sdk.coroutines.program.OtherJvmKt").name
            val command =
                listOf(java, "-Xmx2g") + options +
                    listOf("-cp", System.getProperty("java.class.path"), program, "$onNewest", "$underAgent") + size
            val process =
                ProcessBuilder(command)
                    .apply { environment().keys.removeIf { it.startsWith("LANGFUSE_") || it.startsWith("OTEL_") } }
                    .redirectErrorStream(true)
                    .redirectOutput(output)
                    .start()
            val ended = process.waitFor(5, TimeUnit.MINUTES)
            process.destroyForcibly()
            return output.readText().also {
                output.delete()
                println(it.lines().filterNot { line -> "SLF4J" in line }.joinToString("\n"))
                withClue(it) { ended shouldBe true }
            }
        }

        test("all of it without OpenTelemetry's strict check, which hides what a thread is left with") {
            inOtherJvm() shouldContain "All right"
        }

        test("all of it under OpenTelemetry's Java agent") {
            val agent = File("target/opentelemetry-javaagent.jar").absolutePath
            val quiet = listOf("traces", "metrics", "logs").map { "-Dotel.$it.exporter=none" }
            inOtherJvm("-javaagent:$agent", *quiet.toTypedArray(), underAgent = true) shouldContain "All right"
        }
    })
