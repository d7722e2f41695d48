package com.langfuse.sdk.samples

/** An answer, and the trace that shows how it came about: keep its id to attach the user's feedback to it. */
data class Answer(val text: String, val traceId: String?)

/** A passage that was found, its score in the search, and the model's opinion of it from 0 to 10. */
data class Source(val passage: Passage, val score: Double, val relevance: Int)

/** For the terminal: the best first, then the heading of the answer that is about to be streamed. */
fun printSources(sources: List<Source>) {
    println("\nPassages found, with their search score and their rating by the model\n")
    val width = sources.maxOfOrNull { it.passage.file.length } ?: 0
    sources.forEach { (passage, score, relevance) ->
        val beginning = passage.text.take(56).substringBeforeLast(" ")
        println("%-${width}s  %5.2f  %2d/10  %s …".format(passage.file, score, relevance, beginning))
    }
    println("\nAnswer\n")
}
