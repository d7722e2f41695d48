package com.langfuse.sdk.samples

import com.langfuse.sdk.Usage
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flowOf

class StreamedAnswerTest :
    FunSpec({
        test("the stream is one generation; what its reader does is beside it, not below") {
            Tracing().use { tracing ->
                val heard = mutableListOf<String>()
                streamAnswer(tracing.langfuse, TwoWords, "Is it foggy?") { heard += it }

                heard shouldContainExactly listOf("Very ", "foggy.")
                val trace = tracing.trace()
                val answer = trace.observation("answer")
                trace.children(answer).map { it.name } shouldContainExactly listOf("chat", "speak", "speak")
                val chat = trace.observation("chat")
                chat.output() shouldBe "Very foggy."
                chat.usage() shouldBe mapOf("input" to 20L, "output" to 2L)
                chat.completionStartTime().shouldNotBeNull()
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
