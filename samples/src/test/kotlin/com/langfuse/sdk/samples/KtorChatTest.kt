package com.langfuse.sdk.samples

import com.langfuse.sdk.kotest.LangfuseExtension
import com.langfuse.sdk.kotest.shouldHaveTree
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

class KtorChatTest :
    FunSpec({
        val langfuse = extension(LangfuseExtension(strict = true))

        test("one call is one trace: two tools, then the streamed answer") {
            val answer = StringBuilder()
            withServer({ chat(langfuse.client, TwoWords) }) { url ->
                ask(url, "Is it foggy?", "visitor-1") { answer.append(it) }
            }
            answer.toString() shouldBe "Very foggy."

            val trace =
                langfuse.trace("POST /chat") shouldHaveTree {
                    agent("POST /chat") {
                        level("DEFAULT")
                        input("Is it foggy?")
                        output("Very foggy.")
                        retriever("search-handbook")
                        tool("look-at-the-clock")
                        generation("write-answer") {
                            model("two-words")
                            usage(input = 20, output = 2)
                            hasTimeToFirstToken()
                        }
                    }
                }
            trace.observation("POST /chat").parentId shouldBe null
            trace.observations.forEach { it.userId shouldBe "visitor-1" }
        }
    })
