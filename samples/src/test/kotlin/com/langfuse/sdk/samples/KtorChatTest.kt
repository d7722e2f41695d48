package com.langfuse.sdk.samples

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe

class KtorChatTest :
    FunSpec({
        test("one call is one trace: two tools, then the streamed answer") {
            Tracing().use { tracing ->
                val answer = StringBuilder()
                withServer({ chat(tracing.langfuse, TwoWords) }) { url ->
                    ask(url, "Is it foggy?", "visitor-1") { answer.append(it) }
                }
                answer.toString() shouldBe "Very foggy."

                val trace = tracing.trace()
                val call = trace.observation("POST /chat")
                call.type shouldBe "AGENT"
                call.level shouldBe "DEFAULT"
                call.parentId shouldBe null
                call.input shouldBe "Is it foggy?"
                call.output shouldBe "Very foggy."
                trace.children(call).map { it.type to it.name } shouldContainExactlyInAnyOrder
                    listOf(
                        "RETRIEVER" to "search-handbook",
                        "TOOL" to "look-at-the-clock",
                        "GENERATION" to "write-answer",
                    )
                trace.observations.forEach { it.userId shouldBe "visitor-1" }
                val generation = trace.observation("write-answer")
                generation.model shouldBe "two-words"
                generation.usage shouldBe mapOf("input" to 20L, "output" to 2L)
                generation.completionStartTime.shouldNotBeNull()
            }
        }
    })
