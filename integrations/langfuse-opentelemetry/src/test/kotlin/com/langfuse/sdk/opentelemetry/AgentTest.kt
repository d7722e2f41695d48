package com.langfuse.sdk.opentelemetry

import com.langfuse.sdk.local.LocalLangfuse
import io.kotest.core.spec.style.FunSpec
import io.kotest.inspectors.forAll
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import java.io.File
import java.util.jar.JarFile

/** The extension as it is shipped, in OpenTelemetry's Java agent. */
class AgentTest :
    FunSpec({
        val extension = System.getProperty("agent.extension")
        val withAgent = listOf("-javaagent:" + System.getProperty("agent"))
        val withExtension = withAgent + "-Dotel.javaagent.extensions=$extension"

        /** What an application without any Langfuse code has. */
        val plainClassPath =
            CLASS_PATH.filter {
                File(it).name.matches(Regex("test-classes|opentelemetry-(api|context|common)-.*|kotlin-stdlib-.*"))
            }

        test("LLM spans of an application that knows nothing of Langfuse arrive; others do not") {
            LocalLangfuse.start().use { local ->
                run(PlainApplication, environmentOf(local), plainClassPath, withExtension)
                local.observations().map { it.name } shouldContainExactly listOf("chat")
                val chat = local.observations().single()
                chat.environment shouldBe "staging"
                chat.release shouldBe "1.4.2"
                chat.isAppRoot shouldBe true
            }
        }

        test("without keys the application runs as before, and one line says why nothing is sent") {
            val output = run(PlainApplication, emptyMap(), plainClassPath, withExtension)
            output shouldContain "answered"
            output.lines().filter { "Langfuse gets" in it }.size shouldBe 1
        }

        test("observations of an application nest whatever the agent's spans do, and its LLM spans nest among them") {
            LocalLangfuse.start().use { local ->
                val output = run(LangfuseApplication, environmentOf(local), options = withExtension)
                output shouldContain Regex("(\\w{32}) arrives as 00-\\1-\\w{16}-03")
                local.traces().single().toTree(false) shouldBe
                    """
                    answer  user=ada environment=staging  5 observations
                    └─ AGENT answer
                       ├─ TOOL look up
                       ├─ TOOL by handle
                       │  └─ TOOL below
                       └─ GENERATION chat  gpt-4o
                    """.trimIndent()
                local.observations().forAll { it.userId shouldBe "ada" }
                local.observations().filter { it.isAppRoot }.map { it.name } shouldContainExactly listOf("answer")
            }
        }

        test("a call of OpenAI's client, which the agent instruments, is a generation with model and tokens") {
            LocalLangfuse.start().use { local ->
                run(OpenAiApplication, environmentOf(local), options = withExtension) shouldContain "A fog horn."
                local.traces().single().toTree(false) shouldBe
                    """
                    chat gpt-4o  environment=staging  1 observation
                    └─ GENERATION chat gpt-4o  gpt-4o-2024-08-06  7→4 tokens
                    """.trimIndent()
            }
        }

        test("the agent traces the application's requests, and not those that carry spans to Langfuse") {
            LocalLangfuse.start().use { local ->
                val console = environmentOf(local) + ("OTEL_TRACES_EXPORTER" to "console")
                listOf(withExtension, withAgent).forEach { options ->
                    val output = run(LangfuseApplication, console, options = options)
                    output shouldContain "'GET'"
                    output shouldNotContain "'POST'"
                }
                local.requests().size shouldBeGreaterThan 1
            }
        }

        test("the application's logging is not woken before the application") {
            val later = withExtension + "-Djava.util.logging.manager=only.known.later"
            // The application itself asks for the manager, in vain; the stack trace must not lead to us.
            val output = run(PlainApplication, emptyMap(), plainClassPath, later)
            output shouldContain "ClassNotFoundException: only.known.later"
            output shouldNotContain "com.langfuse.sdk.internal"
        }

        test("the extension brings nothing that the agent has") {
            val classes = JarFile(extension).use { jar ->
                jar.stream().map { it.name }.toList()
            }.filter { it.endsWith(".class") }
            classes shouldContain "com/langfuse/sdk/Langfuse.class"
            classes.filterNot { it.startsWith("com/langfuse/sdk/") || it.startsWith("org/jspecify/") }.shouldBeEmpty()
        }
    })
