package com.langfuse.sdk.samples

import kotlin.math.ln

/** An item that was found, and how well it fits; scores compare within one search only. */
@JvmRecord
data class Ranked<T>(val item: T, val score: Double)

/**
 * Full-text search by BM25: a rare word says more than a frequent one, the tenth mention less than the first, and
 * a mention in a long text less than one in a short text.
 */
class Bm25<T>(private val items: List<T>, text: (T) -> String) {
    private val mentions: List<Map<String, Int>> = items.map { words(text(it)).groupingBy { word -> word }.eachCount() }
    private val lengths: List<Int> = mentions.map { it.values.sum() }
    private val averageLength: Double = lengths.average()
    private val itemsWith: Map<String, Int> = mentions.flatMap { it.keys }.groupingBy { it }.eachCount()

    /** The best items first; those without any word of the query are left out. */
    fun search(query: String, limit: Int): List<Ranked<T>> {
        val wanted = words(query).distinct()
        return items.indices
            .map { index -> Ranked(items[index], wanted.sumOf { word -> weight(word, index) }) }
            .filter { it.score > 0 }
            .sortedByDescending { it.score }
            .take(limit)
    }

    private fun weight(word: String, index: Int): Double {
        val count = mentions[index][word] ?: return 0.0
        val length = lengths[index] / averageLength
        return rarity(word) * count * (SATURATION + 1) / (count + SATURATION * (1 - LENGTH + LENGTH * length))
    }

    private fun rarity(word: String): Double {
        val with = itemsWith.getValue(word)
        return ln(1 + (items.size - with + 0.5) / (with + 0.5))
    }

    // The textbook's k1 and b.
    private companion object {
        const val SATURATION = 1.2
        const val LENGTH = 0.75
    }
}
