package com.langfuse.sdk.samples

import com.langfuse.sdk.local.Fault
import com.langfuse.sdk.local.LocalLangfuse
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.test.Enabled
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.kotest.matchers.string.shouldStartWith
import java.io.File
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse.BodyHandlers
import java.util.concurrent.TimeUnit

/** The main job as a program of its own: without keys, in a terminal and without one. */
class TraceTargetTest :
    FunSpec({

        fun start(
            vararg command: String,
            environment: Map<String, String> = emptyMap(),
        ): Process {
            val builder = ProcessBuilder(*command).redirectErrorStream(true)
            builder.environment().keys.removeIf { it.startsWith("LANGFUSE_") || it.startsWith("OPENAI_") }
            builder.environment().putAll(environment)
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

        fun sentTo(local: LocalLangfuse): String {
            val keys =
                mapOf(
                    "LANGFUSE_BASE_URL" to "${local.baseUrl()}/",
                    "LANGFUSE_PUBLIC_KEY" to local.publicKey(),
                    "LANGFUSE_SECRET_KEY" to local.secretKey(),
                )
            val process = start(*job, environment = keys)
            return process.inputReader().readText().also { process.ends() }
        }

        test("with keys it prints the link by project, which every server opens") {
            LocalLangfuse.start().use { local ->
                val trace = local.run { sentTo(this) to traces().single().id() }
                trace.first shouldContain "\n${local.baseUrl()}/project/local/traces/${trace.second}\n"
            }
        }

        test("where the server does not say the project, it prints the address and the trace to search for") {
            LocalLangfuse.start().use { local ->
                local.always(Fault.status(403).on("/api/public/projects"))
                val printed = sentTo(local)
                printed shouldContain "\n${local.baseUrl()} (search for trace ${local.traces().single().id()})\n"
                printed shouldContain "names no project: it answered 403"
                printed shouldNotContain "/trace/"
            }
        }

        test("in a terminal it says where the trace is to be seen, and stays until Enter").config(
            enabledOrReasonIf = { aTerminal },
        ) {
            val process = start("script", "-qec", job.joinToString(" ") { "'$it'" }, File("/dev/null").path)
            val line = process.inputReader().lineSequence().first { "until you press Enter" in it }
            val page = URI(line.substringAfter("Enter: ").trim())

            val answer = HttpClient.newHttpClient().send(HttpRequest.newBuilder(page).build(), BodyHandlers.ofString())
            answer.statusCode() shouldBe 302
            page.path shouldStartWith "/project/local/traces/"
            answer.headers().firstValue("location").get() shouldBe "/#/trace/${page.path.substringAfterLast('/')}"

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
