package com.langfuse.sdk.coroutines

import com.langfuse.sdk.coroutines.context.Matrix
import com.langfuse.sdk.coroutines.context.Mechanism
import com.langfuse.sdk.coroutines.context.promised
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveAtLeastSize
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.File
import java.util.concurrent.TimeUnit

/**
 * Blocks in every shape of program we know of. What other mechanisms do there is nothing to assert, for it depends on the
 * machine: `-Dlangfuse.comparison=20` runs each shape twenty times under all of them, and prints the table of RATIONALE.md.
 */
class ContextMatrixTest :
    FunSpec({
        val onNewest = System.getProperty("coroutines.version") != "1.10.2"
        val isFull = System.getProperty("langfuse.trials") == "full"

        val cases = promised(onNewest, underAgent = false)

        test("there is something to see") { cases shouldHaveAtLeastSize 57 }

        test("blocks are right in every shape of program that is promised") {
            val matrix = Matrix(Mechanism.OURS, cases)
            withClue(matrix.problems) { matrix.problems.keys.shouldBeEmpty() }
            matrix.checks shouldBeGreaterThan 8_000
        }

        fun otherJvm(program: String, options: List<String>, vararg arguments: String): String {
            val output = File.createTempFile("other-jvm", ".txt")
            val java = File(System.getProperty("java.home"), "bin/java").path
            val command =
                listOf(java, "-Xmx2g") + options + listOf("-cp", System.getProperty("java.class.path"), program) +
                    arguments
            val process =
                ProcessBuilder(command)
                    .apply { environment().keys.removeIf { it.startsWith("LANGFUSE_") || it.startsWith("OTEL_") } }
                    .redirectErrorStream(true)
                    .redirectOutput(output)
                    .start()
            val ended = process.waitFor(30, TimeUnit.MINUTES)
            process.destroyForcibly()
            return output.readText().also {
                output.delete()
                println(it.lines().filterNot { line -> "SLF4J" in line }.joinToString("\n"))
                withClue(it) { ended shouldBe true }
            }
        }

        fun everything(options: List<String> = emptyList(), underAgent: Boolean = false): String {
            val requests = if (isFull || !(underAgent || onNewest)) 5_000 else 500
            val programs = if (isFull) 1_000 else 30
            return otherJvm(
                "com.langfuse.sdk.coroutines.program.OtherJvmKt",
                options,
                "$onNewest",
                "$underAgent",
                "$requests",
                "$programs",
            )
        }

        val agent =
            listOf("-javaagent:${File("target/opentelemetry-javaagent.jar").absolutePath}") +
                listOf("traces", "metrics", "logs").map { "-Dotel.$it.exporter=none" }

        test("all of it without OpenTelemetry's strict check, which hides what a thread is left with") {
            everything() shouldContain "All right"
        }

        test("all of it under OpenTelemetry's Java agent") {
            everything(agent, underAgent = true) shouldContain "All right"
        }

        val rounds: String? = System.getProperty("langfuse.comparison")
        listOf("alone" to emptyList(), "under the agent" to agent).forEach { (where, options) ->
            test("the mechanisms side by side, $where").config(enabled = rounds != null) {
                println("Coroutines ${System.getProperty("coroutines.version")}, $where:")
                val table = otherJvm("com.langfuse.sdk.coroutines.context.ComparisonKt", options, rounds!!)
                table shouldContain "the other"
            }
        }
    })
