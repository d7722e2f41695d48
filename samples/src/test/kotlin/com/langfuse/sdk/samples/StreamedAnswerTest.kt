package com.langfuse.sdk.samples

import com.langfuse.sdk.Usage
import com.langfuse.sdk.kotest.LangfuseExtension
import com.langfuse.sdk.kotest.shouldHaveTree
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flowOf

class StreamedAnswerTest :
    FunSpec({
        val langfuse = extension(LangfuseExtension(strict = true))

        test("the reader gets the pieces as they come, and the generation starts before it speaks") {
            val heard = mutableListOf<String>()
            streamAnswer(langfuse.client, TwoWords, "Is it foggy?") { heard += it }

            heard shouldContainExactly listOf("Very ", "foggy.")
            langfuse.trace("answer") shouldHaveTree {
                span("answer") {
                    inOrder()
                    input("Is it foggy?")
                    generation("chat") { output("Very foggy.") }
                    tool("speak") { input("Very ") }
                    tool("speak") { input("foggy.") }
                }
            }
        }
    })

/** A model that says the same two words each time. */
internal object TwoWords : ChatModel {
    override val name = "two-words"

    override suspend fun ask(messages: List<Message>, parameters: Map<String, Any>) =
        ChatReply("Very foggy.", Usage.of(20, 2))

    override fun stream(messages: List<Message>, parameters: Map<String, Any>): Flow<ChatChunk> =
        flowOf(ChatChunk("Very ", null), ChatChunk("foggy.", Usage.of(20, 2)))

    override fun close() = Unit
}
