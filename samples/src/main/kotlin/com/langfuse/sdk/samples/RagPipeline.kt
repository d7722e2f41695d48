package com.langfuse.sdk.samples

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.ObservationType.CHAIN
import com.langfuse.sdk.ObservationType.EVALUATOR
import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.ObservationType.RETRIEVER
import com.langfuse.sdk.coroutines.observation
import com.langfuse.sdk.coroutines.observed
import com.langfuse.sdk.coroutines.propagateAttributes
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.runBlocking

/** Answers a question over the handbook: search, rate what was found, answer from the best. */
fun main(vararg args: String) {
    val question = args.joinToString(" ").ifBlank { "Who was Agnes Muir, and why did she turn the lens by hand?" }
    TraceTarget.fromEnv().use { target ->
        ChatModel.fromEnv().use { model ->
            println("Question  $question\nModel     $model")
            val pipeline = RagPipeline(target.langfuse, handbook(), model)
            val answer =
                runCatching {
                    runBlocking { pipeline.answer(question, "visitor-1", "ticket-desk", ::printSources, ::print) }
                        .also { println() }
                }
            // Also after a failure: then the trace is what one wants to see.
            target.show(answer.getOrNull()?.traceId)
            answer.getOrThrow()
        }
    }
}

class RagPipeline(private val langfuse: Langfuse, documents: List<Document>, private val model: ChatModel) {
    private val index = Bm25(passages(documents), Passage::text)

    suspend fun answer(
        question: String,
        userId: String,
        sessionId: String,
        onSources: (List<Source>) -> Unit = {},
        onText: (String) -> Unit = {},
    ): Answer =
        langfuse.propagateAttributes(userId, sessionId, tags = listOf("sample")) {
            observation("answer-question", CHAIN, { input(question) }) { chain ->
                val sources = rateAll(question, search(question))
                onSources(sources)
                val text = write(question, sources.take(3).map { it.passage }, onText)
                chain.output(text)
                Answer(text, chain.traceId())
            }
        }

    private suspend fun search(question: String): List<Ranked<Passage>> =
        observation("search-handbook", RETRIEVER, { input(question) }) { retriever ->
            index.search(question, limit = 5).also { retriever.output(it) }
        }

    /** All at the same time; each rating is a child of the observation that is current here. */
    private suspend fun rateAll(question: String, found: List<Ranked<Passage>>): List<Source> =
        coroutineScope {
            found
                .map { (passage, score) -> async { Source(passage, score, rate(question, passage)) } }
                .awaitAll()
                .sortedByDescending { it.relevance }
        }

    private suspend fun rate(question: String, passage: Passage): Int =
        observation("score-candidate", EVALUATOR, { input(passage) }) { evaluator ->
            val prompt = relevancePrompt(question, passage)
            val reply =
                observation(
                    "rate-passage",
                    GENERATION,
                    { model(model.name).modelParameters(EXACT).input(prompt) },
                ) { generation ->
                    model.ask(prompt, EXACT).also { generation.output(it.text).usageDetails(it.usage) }
                }
            relevance(reply.text).also { evaluator.output(it) }
        }

    private suspend fun write(question: String, passages: List<Passage>, onText: (String) -> Unit): String {
        val prompt = answerPrompt(question, passages)
        val text = StringBuilder()
        model
            .stream(prompt, CALM)
            .observed(
                "write-answer",
                GENERATION,
                { model(model.name).modelParameters(CALM).input(prompt) },
                usage = { it.usage },
            ) { it.text }
            .collect { chunk ->
                text.append(chunk.text)
                onText(chunk.text)
            }
        return text.toString()
    }

    private companion object {
        val EXACT = mapOf("temperature" to 0)
        val CALM = mapOf("temperature" to 0.3)
    }
}
