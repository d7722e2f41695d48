package com.langfuse.sdk.coroutines

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.ObservationType.TOOL
import com.langfuse.sdk.local.LocalObservation
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
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

/** Many requests at once, hopping between threads: every child under its own parent, every user where it belongs. */
class IsolationTest :
    FunSpec({
        val requests = 2_000
        val children = listOf("default", "io", "hopping")

        suspend fun Langfuse.request(number: Int) =
            propagateAttributes(userId = "u$number", sessionId = "s$number") {
                observation("request-$number") {
                    yield()
                    val onDefault =
                        async(Dispatchers.Default) {
                            observation("default-$number", TOOL) {
                                yield()
                                observation("leaf-of-default-$number") { yield() }
                            }
                        }
                    val onIo =
                        async(Dispatchers.IO) {
                            yield()
                            observation("io-$number", TOOL) {
                                withContext(Dispatchers.Default) { observation("leaf-of-io-$number") { yield() } }
                            }
                        }
                    val hopping =
                        async {
                            observation("hopping-$number", TOOL) {
                                withContext(Dispatchers.IO) { yield() }
                                withContext(Dispatchers.Default) { yield() }
                                observation("leaf-of-hopping-$number") { withContext(Dispatchers.IO) { yield() } }
                            }
                        }
                    awaitAll(onDefault, onIo, hopping)
                }
            }

        /** Observations whose parent is not the one the program gave them. */
        fun wrongParents(observations: List<LocalObservation>): List<String> {
            val byId = observations.associateBy { it.id }
            return observations.filterNot { observation ->
                val number = observation.name.substringAfterLast('-')
                val kind = observation.name.substringBeforeLast('-')
                val parent = byId[observation.parentId]?.name
                when {
                    kind == "request" -> observation.parentId == null
                    kind in children -> parent == "request-$number"
                    else -> parent == "${kind.removePrefix("leaf-of-")}-$number"
                }
            }.map { it.name }
        }

        test("2,000 concurrent requests: 0 wrong parents, 0 wrong users, no context left on any thread") {
            withLangfuse { local, langfuse ->
                withContext(Dispatchers.Default) {
                    (1..requests).map { async { langfuse.request(it) } }.awaitAll()
                }
                langfuse.flush(DEADLINE).isComplete shouldBe true
                val observations = local.observations()
                observations shouldHaveSize requests * 7
                wrongParents(observations).shouldBeEmpty()
                observations
                    .filterNot {
                        it.userId == "u${it.name.substringAfterLast('-')}" &&
                            it.sessionId == "s${it.name.substringAfterLast('-')}"
                    }
                    .shouldBeEmpty()
                observations.groupBy { it.traceId }.values.forEach { it shouldHaveSize 7 }
            }
            contextsLeftOnThreads().shouldBeEmpty()
        }
    })

/** Looks at as many threads of the dispatchers as it can occupy at once, and at this one. */
private suspend fun contextsLeftOnThreads(): List<String> {
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
