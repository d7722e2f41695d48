package com.langfuse.sdk.coroutines.program

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.ObservationType.TOOL
import com.langfuse.sdk.coroutines.observation
import com.langfuse.sdk.coroutines.propagateAttributes
import com.langfuse.sdk.local.LocalObservation
import io.opentelemetry.context.Context
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.yield
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CountDownLatch

/**
 * Many requests at once, hopping between threads. Each is four coroutines and 22 observations, whose names say whose
 * children they must be.
 */
internal class Requests(private val count: Int) {
    private val children = listOf("default", "io", "hopping")
    private val leaves = 6
    val coroutines = count * (1 + children.size)
    val observations = count * (1 + children.size * (1 + leaves))

    suspend fun run(langfuse: Langfuse) =
        withContext(Dispatchers.Default) { (1..count).map { async { langfuse.request(it) } }.awaitAll() }

    private suspend fun Langfuse.request(number: Int) =
        propagateAttributes(userId = "u$number", sessionId = "s$number") {
            observation("request-$number") {
                yield()
                val onDefault =
                    async(Dispatchers.Default) {
                        observation("default-$number", TOOL) {
                            repeat(leaves) { observation("leaf-of-default-$number") { yield() } }
                        }
                    }
                val onIo =
                    async(Dispatchers.IO) {
                        yield()
                        observation("io-$number", TOOL) {
                            repeat(leaves) {
                                withContext(Dispatchers.Default) { observation("leaf-of-io-$number") { } }
                            }
                        }
                    }
                val hopping =
                    async {
                        observation("hopping-$number", TOOL) {
                            withContext(Dispatchers.IO) { yield() }
                            repeat(leaves) {
                                observation("leaf-of-hopping-$number") { withContext(Dispatchers.IO) { yield() } }
                            }
                        }
                    }
                awaitAll(onDefault, onIo, hopping)
            }
        }

    /** Observations whose parent is not the one the program gave them. */
    fun wrongParents(observations: List<LocalObservation>): List<String> {
        val byId = observations.associateBy { it.id }
        return observations
            .filterNot { observation ->
                val number = observation.name.substringAfterLast('-')
                val kind = observation.name.substringBeforeLast('-')
                val parent = byId[observation.parentId]?.name
                when (kind) {
                    "request" -> observation.parentId == null
                    in children -> parent == "request-$number"
                    else -> parent == "${kind.removePrefix("leaf-of-")}-$number"
                }
            }.map { it.name }
    }

    /** Observations that are not filed under the user and session of their request. */
    fun wrongAttributes(observations: List<LocalObservation>): List<String> =
        observations
            .filterNot {
                val number = it.name.substringAfterLast('-')
                it.userId == "u$number" && it.sessionId == "s$number"
            }.map { it.name }
}

/** Looks at as many threads of the dispatchers as it can occupy at once, and at this one. */
internal suspend fun contextsLeftOnThreads(): List<String> {
    val left = ConcurrentHashMap<String, Context>()

    fun look() {
        if (Context.current() != Context.root()) left[Thread.currentThread().name] = Context.current()
    }
    look()
    coroutineScope {
        val width = 64
        val together = CountDownLatch(width)
        repeat(width) {
            launch(Dispatchers.IO) {
                look()
                together.countDown()
                together.await()
                look()
            }
        }
    }
    coroutineScope { repeat(1_000) { launch(Dispatchers.Default) { look() } } }
    return left.map { (thread, context) -> "$thread: $context" }
}
