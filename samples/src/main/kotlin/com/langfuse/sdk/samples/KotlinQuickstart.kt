package com.langfuse.sdk.samples

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.ObservationType.TOOL
import com.langfuse.sdk.coroutines.observation
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.yield

/** Parallel children under the right parent. */
fun main() {
    TraceTarget.fromEnv().use { target ->
        println(runBlocking { enrichAll(target.langfuse, listOf("lens", "fog", "scones")) })
        target.show()
    }
}

// region quickstart
suspend fun enrichAll(langfuse: Langfuse, items: List<String>): List<String> =
    langfuse.observation("batch-process", { input(items) }) { batch ->
        items.map { item ->
            async {
                observation("process-item", TOOL, { input(item) }) { tool ->
                    enrich(item).also { tool.output(it) }
                }
            }
        }.awaitAll().also { batch.output(it) }
    }
// endregion

private val index = Bm25(passages(handbook()), Passage::text)

/** The item, and the file of the handbook that knows most about it. */
private suspend fun enrich(item: String): String {
    yield() // as it would while waiting for a service
    val best = index.search(item, limit = 1).firstOrNull()
    return "$item: ${best?.item?.file ?: "not in the handbook"}"
}
