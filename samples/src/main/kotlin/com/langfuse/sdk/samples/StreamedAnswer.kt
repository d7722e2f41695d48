package com.langfuse.sdk.samples

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.ObservationType.TOOL
import com.langfuse.sdk.coroutines.observation
import com.langfuse.sdk.coroutines.observed
import kotlinx.coroutines.runBlocking

/** A streamed answer: one generation, whatever the reader does meanwhile. */
fun main() {
    TraceTarget.fromEnv().use { target ->
        ChatModel.fromEnv().use { model ->
            runBlocking { streamAnswer(target.langfuse, model, "When is the tower open?", ::print) }
            println()
            target.show()
        }
    }
}

// region stream
suspend fun streamAnswer(langfuse: Langfuse, model: ChatModel, question: String, onText: suspend (String) -> Unit) =
    langfuse.observation("answer", { input(question) }) {
        val prompt = listOf(Message("user", question))
        model.stream(prompt)
            .observed("chat", GENERATION, { model(model.name).input(prompt) }, usage = { it.usage }) { it.text }
            .collect { chunk ->
                observation("speak", TOOL, { input(chunk.text) }) { onText(chunk.text) }
            }
    }
// endregion
