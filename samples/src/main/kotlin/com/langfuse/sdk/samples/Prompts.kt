@file:JvmName("Prompts")

package com.langfuse.sdk.samples

/** Asks for a number from 0 to 10: how much the passage helps to answer the question. */
fun relevancePrompt(question: String, passage: Passage): List<Message> =
    listOf(
        Message(
            "system",
            "Rate from 0 to 10 how much the passage helps to answer the question. Reply with the number.",
        ),
        Message("user", "Question: $question\n\nPassage from ${passage.file}:\n${passage.text}"),
    )

/** Asks for an answer that rests on the passages alone. */
fun answerPrompt(question: String, passages: List<Passage>): List<Message> =
    listOf(
        Message("system", "Answer the question in two or three sentences, from the passages alone."),
        Message(
            "user",
            "Question: $question\n\n" + passages.joinToString("\n\n") { "Passage from ${it.file}:\n${it.text}" },
        ),
    )

/** The number in the reply to a [relevancePrompt]; 0 when the model would not give one. */
fun relevance(reply: String): Int = Regex("\\d+").find(reply)?.value?.toIntOrNull()?.coerceAtMost(10) ?: 0
