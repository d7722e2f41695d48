package com.langfuse.sdk.kotest

import com.langfuse.sdk.Generation
import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.ObservationLevel.WARNING
import com.langfuse.sdk.ObservationType
import com.langfuse.sdk.ObservationType.EVENT
import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.ObservationType.TOOL
import com.langfuse.sdk.PromptReference
import com.langfuse.sdk.Usage
import com.langfuse.sdk.coroutines.observation
import com.langfuse.sdk.coroutines.propagateAttributes
import com.langfuse.sdk.local.LocalLangfuse
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.time.Duration.ofMillis
import java.time.Instant
import kotlin.time.Duration.Companion.milliseconds

/** The Kotlin words for a tree, each one where it fits and where it does not. */
class TreeTest :
    FunSpec({
        val langfuse = extension(LangfuseExtension())

        fun complaint(name: String, tree: ExpectedTree.() -> Unit): String =
            shouldThrow<AssertionError> { langfuse.trace(name) shouldHaveTree tree }.message!!

        test("each type has a word, and a computed one is spelt in any case") {
            val types =
                listOf<ObservationType<*>>(
                    ObservationType.SPAN,
                    GENERATION,
                    EVENT,
                    ObservationType.EMBEDDING,
                    ObservationType.AGENT,
                    TOOL,
                    ObservationType.CHAIN,
                    ObservationType.RETRIEVER,
                    ObservationType.EVALUATOR,
                    ObservationType.GUARDRAIL,
                )
            langfuse.client.observation("root") { root -> types.forEach { root.observation("x", it).start().end() } }
            langfuse.trace("root") shouldHaveTree {
                span("root") {
                    span("x")
                    generation("x")
                    event("x")
                    embedding("x")
                    agent("x")
                    tool("x")
                    chain("x")
                    retriever("x")
                    evaluator("x")
                    observation("guardrail", "x")
                }
            }
            langfuse.trace("root") shouldHaveTree { span("root") { andOthers() } }
            langfuse.trace("root") shouldHaveTree {
                span("root") {
                    guardrail("x")
                    andOthers()
                }
            }
        }

        fun generation(client: Langfuse) {
            client.observation("llm", GENERATION).start().let { llm: Generation ->
                llm
                    .model("gpt-4o")
                    .modelParameters(mapOf("temperature" to 0.5))
                    .usageDetails(Usage.of(12, 34).with(Usage.TOTAL, 46))
                    .costDetails(mapOf("input" to 0.25))
                    .prompt(PromptReference("greeting", 3))
                    .completionStartTime(Instant.now())
                llm
                    .input(mapOf("q" to "Why?"))
                    .output("Because.")
                    .metadata("k", "v")
                    .version("1.2")
                    .level(WARNING)
                    .statusMessage("slow")
                llm.end()
            }
        }

        test("every field, as it is") {
            generation(langfuse.client)
            langfuse.trace("llm") shouldHaveTree {
                generation("llm") {
                    model("gpt-4o")
                    modelParameter("temperature", 0.5)
                    usage(input = 12, output = 34, total = 46)
                    usage("output", 34)
                    cost("input", 0.25)
                    level("WARNING")
                    statusMessage("slow")
                    input(mapOf("q" to "Why?"))
                    input { "Why?" in it }
                    output("Because.")
                    output { it.endsWith('.') }
                    metadata("k", "v")
                    version("1.2")
                    prompt("greeting", 3)
                    hasTimeToFirstToken()
                }
            }
        }

        val wrong: Map<String, ExpectedNode.() -> Unit> =
            mapOf(
                "model is gpt-4o, not m" to { model("m") },
                "modelParameter.temperature is 0.5, not 1" to { modelParameter("temperature", 1) },
                "usage.input is 12, not 1" to { usage(input = 1) },
                "usage.output is 34, not 1" to { usage(output = 1) },
                "usage.total is 46, not 1" to { usage(total = 1) },
                "no usage.cached, expected 1" to { usage("cached", 1) },
                "cost.input is 0.25, not 1" to { cost("input", 1.0) },
                "level is WARNING, not ERROR" to { level("ERROR") },
                "status message is slow, not fast" to { statusMessage("fast") },
                "input is {\"q\":\"Why?\"}, not How?" to { input("How?") },
                "input is {\"q\":\"Why?\"}, which is not as wanted" to { input { false } },
                "output is Because., not Why." to { output("Why.") },
                "output is Because., which is not as wanted" to { output { false } },
                "metadata.k is v, not w" to { metadata("k", "w") },
                "version is 1.2, not 1.20" to { version("1.20") },
                "prompt is greeting 3, not greeting 4" to { prompt("greeting", 4) },
                "missing: TOOL x" to { tool("x") },
            )
        wrong.forEach { (sentence, expected) ->
            test(sentence) {
                generation(langfuse.client)
                complaint("llm") { generation("llm", expected) } shouldContain sentence
            }
        }

        test("no time to first token") {
            langfuse.client.observation("llm", GENERATION) { }
            complaint("llm") { generation("llm") { hasTimeToFirstToken() } } shouldContain "no time to first token"
        }

        test("in order, where it matters") {
            langfuse.client.observation("root") {
                observation("a") { }
                observation("b") { }
            }
            langfuse.trace("root") shouldHaveTree {
                span("root") {
                    span("b")
                    span("a")
                }
            }
            complaint("root") {
                span("root") {
                    inOrder()
                    span("b")
                    span("a")
                }
            } shouldContain "out of order: SPAN a"
        }

        test("the trace's own fields, and the trace itself to go on with") {
            langfuse.client.propagateAttributes(userId = "u-1", sessionId = "s-1", tags = listOf("a", "b")) {
                langfuse.client.observation("root") { }
            }
            val trace =
                langfuse.trace("root") shouldHaveTree {
                    userId("u-1")
                    sessionId("s-1")
                    tags("b", "a")
                    environment("default")
                    span("root")
                }
            trace.observations.single().userId shouldBe "u-1"
            complaint("root") {
                userId("u-2")
                span("root")
            } shouldContain "trace: user is u-1, not u-2"
            complaint("root") {
                sessionId("s-2")
                span("root")
            } shouldContain "trace: session is s-1, not s-2"
            complaint("root") {
                tags("a")
                span("root")
            } shouldContain """trace: tags is ["a","b"], not ["a"]"""
            complaint("root") {
                environment("staging")
                span("root")
            } shouldContain "trace: environment is default, not staging"
        }

        test("without the extension, on any local Langfuse, for as long as is said") {
            LocalLangfuse.start().use { local ->
                shouldThrow<AssertionError> {
                    local.trace("x").within(20.milliseconds) shouldHaveTree { span("x") }
                }.message shouldContain "No trace 'x' arrived after 20 ms."
                shouldThrow<AssertionError> {
                    local.trace("x").within(ofMillis(30)).get()
                }.message shouldContain "after 30 ms."
            }
        }
    })
