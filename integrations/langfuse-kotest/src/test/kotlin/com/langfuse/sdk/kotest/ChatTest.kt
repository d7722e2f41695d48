package com.langfuse.sdk.kotest

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.ObservationType.TOOL
import com.langfuse.sdk.Usage
import com.langfuse.sdk.coroutines.observation
import com.langfuse.sdk.coroutines.propagateAttributes
import io.kotest.core.spec.style.FunSpec
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async

/** The program under test. */
private class Chat(private val langfuse: Langfuse) {
    suspend fun answer(question: String): String =
        langfuse.propagateAttributes(userId = "u-1", tags = listOf("beta")) {
            langfuse.observation("user-request") {
                val fog = async(Dispatchers.Default) { observation("fetch", TOOL, { input("fog") }) { "thick" } }
                observation("llm", GENERATION, { model("gpt-4o").input(question) }) { llm ->
                    llm.usageDetails(Usage.of(12, 34))
                    "Because of the fog, which is ${fog.await()}.".also { llm.output(it) }
                }
            }
        }
}

// region test
class ChatTest :
    FunSpec({
        val langfuse = extension(LangfuseExtension(strict = true))

        test("a request is one trace, its user's") {
            Chat(langfuse.client).answer("Why?")

            langfuse.trace("user-request") shouldHaveTree {
                userId("u-1")
                tags("beta")
                span("user-request") {
                    generation("llm") {
                        model("gpt-4o")
                        usage(input = 12, output = 34)
                        output { "fog" in it }
                    }
                    tool("fetch") { input("fog") }
                }
            }
        }
    })
// endregion
