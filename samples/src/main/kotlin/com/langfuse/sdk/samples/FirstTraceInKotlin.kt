package com.langfuse.sdk.samples

// region first
import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.ObservationType.RETRIEVER
import com.langfuse.sdk.Usage
import com.langfuse.sdk.coroutines.observation

suspend fun main() {
    Langfuse.fromEnv().use { langfuse ->
        val answer =
            langfuse.observation("question", { input("What guides ships in fog?") }) { question ->
                val found = observation("search", RETRIEVER) { search -> listOf("fog horn").also { search.output(it) } }
                observation("answer", GENERATION, { model("gpt-4o").input(found) }) { generation ->
                    generation.output("A fog horn.").usageDetails(Usage.of(7, 4))
                    "A fog horn."
                }.also { question.output(it) }
            }
        println(answer)
    }
}
// endregion
