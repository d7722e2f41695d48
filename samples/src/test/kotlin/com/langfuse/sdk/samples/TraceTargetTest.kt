package com.langfuse.sdk.samples

import io.kotest.core.spec.style.FunSpec
import io.kotest.core.test.Enabled
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import java.io.File
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse.BodyHandlers
import java.util.concurrent.TimeUnit

/** The main job as a program of its own: without keys, in a terminal and without one. */
class TraceTargetTest :
    FunSpec({

        fun start(vararg command: String): Process {
            val builder = ProcessBuilder(*command).redirectErrorStream(true)
            builder.environment().keys.removeIf { it.startsWith("LANGFUSE_") || it.startsWith("OPENAI_") }
            return builder.start()
        }

        val java = listOf(System.getProperty("java.home"), "bin", "java").joinToString(File.separator)
        val job = arrayOf(java, "-cp", System.getProperty("java.class.path"), "com.langfuse.sdk.samples.RagPipelineKt")

        fun Process.ends() {
            waitFor(2, TimeUnit.MINUTES) shouldBe true
            exitValue() shouldBe 0
        }

        test("without a terminal it shows the trace and ends, though nobody closes its input") {
            val process = start(*job)
            val printed = process.inputReader().readText()

            process.ends()
            printed shouldContain "─ CHAIN answer-question"
            printed shouldNotContain "until you press Enter"
        }

        test("in a terminal it says where the trace is to be seen, and stays until Enter").config(
            enabledOrReasonIf = { aTerminal },
        ) {
            val process = start("script", "-qec", job.joinToString(" ") { "'$it'" }, File("/dev/null").path)
            val line = process.inputReader().lineSequence().first { "until you press Enter" in it }
            val page = URI(line.substringAfter("Enter: ").trim())

            val answer = HttpClient.newHttpClient().send(HttpRequest.newBuilder(page).build(), BodyHandlers.ofString())
            answer.statusCode() shouldBe 302
            answer.headers().firstValue("location").get() shouldBe "/#${page.path}"

            process.outputStream.use { it.write('\n'.code) }
            process.ends()
        }
    }) {
    private companion object {
        val aTerminal: Enabled by lazy {
            val there = runCatching { ProcessBuilder("script", "--version").start().waitFor() == 0 }.getOrDefault(false)
            if (!there) {
                println("SKIPPED: the test in a terminal; it needs the program 'script' of util-linux.")
            }
            if (there) Enabled.enabled else Enabled.disabled("there is no program 'script'")
        }
    }
}
