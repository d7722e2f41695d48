package com.langfuse.sdk.coroutines

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.Observation
import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.ObservationType.RETRIEVER
import com.langfuse.sdk.ObservationType.SPAN
import com.langfuse.sdk.ObservationType.TOOL
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.ints.shouldBeLessThan
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeSameInstanceAs
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.FlowCollector
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.yield
import java.io.IOException
import java.util.concurrent.CompletableFuture
import java.util.stream.Stream

private suspend fun now() = "now".also { yield() }

private suspend fun fetch(url: String): String {
    yield()
    return "page of $url"
}

private suspend fun tail(millis: Long) = delay(millis)

private suspend fun two(a: Int, b: Int) = (a + b).also { yield() }

private suspend fun three(a: Int, b: Int, c: Int) = a + b + c

private suspend fun four(a: Int, b: Int, c: Int, d: Int) = a + b + c + d

private suspend fun five(a: Int, b: Int, c: Int, d: Int, e: Int) = (a + b + c + d + e).also { yield() }

private fun plain0() = 0

private fun plain1(text: String) = text.length

private fun plain2(a: Int, b: Int) = a * b

private fun plain3(a: Int, b: Int, c: Int) = a * b * c

private fun plain4(a: Int, b: Int, c: Int, d: Int) = a * b * c * d

private fun plain5(a: Int, b: Int, c: Int, d: Int, e: Int) = a * b * c * d * e

private class Index(private val name: String) {
    suspend fun search(query: String, limit: Int) = List(limit) { "$name: $query" }.also { yield() }

    fun size() = name.length
}

private class MyFlow(private val source: Flow<Int>) : Flow<Int> {
    override suspend fun collect(collector: FlowCollector<Int>) = source.collect(collector)
}

private interface Tokens : Flow<String> {
    val model: String
}

private interface Rows : Sequence<Int> {
    val count: Int
}

class ObservedFunctionTest :
    FunSpec({
        suspend fun receivedFrom(block: suspend (Langfuse) -> Unit) =
            received { langfuse ->
                kotlinx.coroutines.withContext(langfuse.asContextElement()) { block(langfuse) }
            }

        test("a suspending reference: name, arguments by name, result, nesting") {
            val observations =
                receivedFrom { langfuse ->
                    val traced = ::fetch.observed(RETRIEVER)
                    langfuse.observation("request") { traced("langfuse.com") shouldBe "page of langfuse.com" }
                }
            val fetch = observations.named("fetch")
            fetch.type shouldBe "RETRIEVER"
            fetch.input shouldBe """{"url":"langfuse.com"}"""
            fetch.output shouldBe "page of langfuse.com"
            fetch.parentId shouldBe observations.named("request").id
        }

        test("up to five arguments, suspending and not") {
            val observations =
                receivedFrom {
                    (::now.observed())() shouldBe "now"
                    (::fetch.observed())("x") shouldBe "page of x"
                    (::two.observed())(1, 2) shouldBe 3
                    (::three.observed())(1, 2, 3) shouldBe 6
                    (::four.observed())(1, 2, 3, 4) shouldBe 10
                    (::five.observed())(1, 2, 3, 4, 5) shouldBe 15
                    (::plain0.observed())() shouldBe 0
                    (::plain1.observed())("four") shouldBe 4
                    (::plain2.observed())(2, 3) shouldBe 6
                    (::plain3.observed())(2, 3, 4) shouldBe 24
                    (::plain4.observed())(1, 2, 3, 4) shouldBe 24
                    (::plain5.observed())(1, 2, 3, 4, 5) shouldBe 120
                }
            observations.map { it.name } shouldContainExactly
                listOf("now", "fetch", "two", "three", "four", "five") + (0..5).map { "plain$it" }
            observations.named("now").input.shouldBeNull()
            observations.named("five").input shouldBe """{"a":1,"b":2,"c":3,"d":4,"e":5}"""
            observations.named("plain5").input shouldBe """{"a":1,"b":2,"c":3,"d":4,"e":5}"""
            observations.named("five").output shouldBe "15"
        }

        test("under a name of your own, up to five arguments") {
            val observations =
                receivedFrom {
                    observed("s0", TOOL, ::now)() shouldBe "now"
                    observed("s1", TOOL, ::fetch)("x") shouldBe "page of x"
                    observed("s2", TOOL, ::two)(1, 2) shouldBe 3
                    observed("s3", TOOL, ::three)(1, 2, 3) shouldBe 6
                    observed("s4", TOOL, ::four)(1, 2, 3, 4) shouldBe 10
                    observed("s5", TOOL, ::five)(1, 2, 3, 4, 5) shouldBe 15
                    observed("p0", TOOL, ::plain0)() shouldBe 0
                    observed("p1", TOOL, ::plain1)("four") shouldBe 4
                    observed("p2", TOOL, ::plain2)(2, 3) shouldBe 6
                    observed("p3", TOOL, ::plain3)(2, 3, 4) shouldBe 24
                    observed("p4", TOOL, ::plain4)(1, 2, 3, 4) shouldBe 24
                    observed("p5", TOOL, ::plain5)(1, 2, 3, 4, 5) shouldBe 120
                }
            observations.map { it.name } shouldContainExactly (0..5).map { "s$it" } + (0..5).map { "p$it" }
            observations.forEach { it.type shouldBe "TOOL" }
        }

        test("members, bound and unbound; the object itself is no input") {
            val observations =
                receivedFrom {
                    val index = Index("docs")
                    (index::search.observed())("q", 2) shouldHaveSize 2
                    (Index::size.observed())(index) shouldBe 4
                    (Index::search.observed())(index, "q", 1) shouldHaveSize 1
                }
            observations.filter { it.name == "search" }.map { it.input } shouldContainExactly
                listOf("""{"query":"q","limit":2}""", """{"query":"q","limit":1}""")
            observations.named("size").input.shouldBeNull()
        }

        test("a function value has no name, so it is given one, and its input has JavaScript's shape") {
            val upper: suspend (String) -> String = { it.uppercase() }
            val join: (String, String) -> String = { a, b -> a + b }
            val observations =
                receivedFrom {
                    observed("upper", TOOL, upper)("x") shouldBe "X"
                    observed("join", TOOL, join)("x", "y") shouldBe "xy"
                }
            observations.named("upper").input shouldBe "x"
            observations.named("join").input shouldBe """["x","y"]"""
            shouldThrow<IllegalArgumentException> { upper.observed() }.message!! shouldContain
                "observed(\"fetch\", SPAN, function)"
        }

        test("options, and an explicit client") {
            withLangfuse { local, langfuse ->
                val secret = ::fetch.observed(TOOL, client = langfuse) { captureInput(false).output { "masked" } }
                secret("password") shouldBe "page of password"
                (::two.observed(client = langfuse) { inputNames("left", "right") })(1, 2)
                langfuse.flush(DEADLINE)
                local.observations().named("fetch").input.shouldBeNull()
                local.observations().named("fetch").output shouldBe "masked"
                local.observations().named("two").input shouldBe """{"left":1,"right":2}"""
            }
        }

        test("it ends at its true end, also in a tail call; concurrent calls stay apart") {
            val observations =
                receivedFrom { langfuse ->
                    (::tail.observed())(30)
                    val traced = ::two.observed()
                    (1..100)
                        .map { number ->
                            CoroutineScope(Dispatchers.Default + langfuse.asContextElement()).async {
                                langfuse.observation("parent-$number") { traced(number, 0) }
                            }
                        }.awaitAll() shouldContainExactly (1..100).toList()
                }
            val tail = observations.named("tail")
            (java.time.Duration.between(tail.startTime, tail.endTime).toMillis() >= 30) shouldBe true
            tail.output.shouldBeNull()
            observations.filter { it.name == "two" }.forEach {
                observations.named("parent-${it.output}").id shouldBe it.parentId
            }
        }

        test("failures are rethrown as they are, cancellations are warnings") {
            val thrown = IOException("no")

            suspend fun failing(): String {
                yield()
                throw thrown
            }

            suspend fun never(started: CompletableDeferred<Unit>): Nothing {
                started.complete(Unit)
                awaitCancellation()
            }
            val observations =
                receivedFrom { langfuse ->
                    shouldThrow<IOException> { (::failing.observed())() } shouldBeSameInstanceAs thrown
                    val started = CompletableDeferred<Unit>()
                    val job =
                        CoroutineScope(Dispatchers.Default + langfuse.asContextElement()).launch {
                            (::never.observed { captureInput(false) })(started)
                        }
                    started.await()
                    job.cancelAndJoin()
                }
            observations.named("failing").level shouldBe "ERROR"
            observations.named("never").level shouldBe "WARNING"
        }

        test("a flow is followed to its end: the call's observation, then one more for each collection") {
            suspend fun stream(words: Int): Flow<String> {
                yield()
                Observation.current().metadata("prepared", "yes")
                return flow { repeat(words) { emit("w$it ") } }
            }
            val observations =
                receivedFrom { langfuse ->
                    langfuse.observation("request") {
                        val answer = (::stream.observed(GENERATION))(2)
                        langfuse.observation("between") { }
                        answer.toList() shouldContainExactly listOf("w0 ", "w1 ")
                        answer.map { it }.toList() shouldHaveSize 2
                    }
                }
            val streams = observations.filter { it.name == "stream" }
            streams shouldHaveSize 2
            streams.forEach {
                it.output shouldBe "w0 w1 "
                it.completionStartTime.shouldNotBeNull()
                it.parentId shouldBe observations.named("request").id
            }
            streams.count { it.metadata["prepared"] == "yes" } shouldBe 1
            (observations.named("between").endTime!! <= streams.maxOf { it.endTime!! }) shouldBe true
        }

        test("a sequence is made inside the observation, and its reader is outside") {
            fun numbers(): Sequence<Int> =
                sequence {
                    yield(1)
                    Observation.current().metadata("made", "inside")
                    yield(2)
                }
            val observations =
                receivedFrom { langfuse ->
                    langfuse.observation("reader") { reader ->
                        (::numbers.observed())().onEach {
                            Observation.current().id() shouldBe reader.id()
                        }.toList() shouldContainExactly
                            listOf(1, 2)
                    }
                }
            observations.named("numbers").output shouldBe "[1,2]"
            observations.named("numbers").metadata["made"] shouldBe "inside"
        }

        test("a deferred and a future end it by completing") {
            val gate = CompletableDeferred<Unit>()
            val elsewhere = CoroutineScope(Dispatchers.Default)

            fun later(): Deferred<String> =
                elsewhere.async {
                    gate.await()
                    "done"
                }

            fun broken(): Deferred<String> = CompletableDeferred<String>().apply {
                completeExceptionally(IOException("no"))
            }

            fun future(): CompletableFuture<String> = CompletableFuture.supplyAsync { "future" }
            val observations =
                receivedFrom {
                    val deferred = (::later.observed())()
                    gate.complete(Unit)
                    deferred.await() shouldBe "done"
                    (::broken.observed())()
                    (::future.observed())().join() shouldBe "future"
                }
            observations.named("later").output shouldBe "done"
            observations.named("broken").level shouldBe "ERROR"
            observations.named("future").output shouldBe "future"
        }

        test("results of a class of your own, and those that never end, are handed on as they are") {
            val mine = MyFlow(flowOf(1))
            val state = MutableStateFlow(1)

            fun own(): MyFlow = mine

            fun hot(): StateFlow<Int> = state

            fun nothing() = Unit

            fun attempt(): Result<Int> = Result.failure(IOException("no"))
            val observations =
                receivedFrom {
                    (::own.observed())() shouldBeSameInstanceAs mine
                    (::hot.observed())() shouldBeSameInstanceAs state
                    (::nothing.observed())()
                    (::attempt.observed())().isFailure shouldBe true
                }
            listOf("own", "hot", "nothing").forEach { observations.named(it).output.shouldBeNull() }
            observations.named("attempt").level shouldBe "ERROR"
        }

        test("an object of an interface of your own is handed on as it is") {
            fun tokens(): Tokens =
                object : Tokens {
                    override val model = "m"

                    override suspend fun collect(collector: FlowCollector<String>) = collector.emit("x")
                }

            fun rows(): Rows =
                object : Rows {
                    override val count = 2

                    override fun iterator() = listOf(1, 2).iterator()
                }
            val observations =
                receivedFrom {
                    (::tokens.observed())().model shouldBe "m"
                    (::rows.observed())().count shouldBe 2
                }
            listOf("tokens", "rows").forEach { observations.named(it).level shouldBe "DEFAULT" }
        }

        test("what is inside of a result or a deferred is the caller's, and is not used up") {
            fun stream(): Result<Stream<Int>> = Result.success(Stream.of(1, 2))

            fun iterator(): Deferred<Iterator<Int>> = CompletableDeferred(listOf(1).iterator())

            fun nothing(): Deferred<Unit> = CompletableDeferred(Unit)

            fun job(): Job = Job().apply { complete() }
            val observations =
                receivedFrom {
                    (::stream.observed())().getOrThrow().toList() shouldContainExactly listOf(1, 2)
                    (::iterator.observed())().await().next() shouldBe 1
                    (::nothing.observed())().await()
                    (::job.observed())().join()
                }
            listOf("stream", "iterator", "nothing", "job").forEach {
                observations.named(it).level shouldBe "DEFAULT"
                observations.named(it).output.shouldBeNull()
            }
        }

        test("jobs, scopes, flows and functions among the arguments are named, not read") {
            fun take(scope: CoroutineScope, flow: Flow<Int>, waiting: Deferred<Int>, block: suspend () -> Unit) =
                listOf(scope, flow, waiting, block).size
            val input =
                receivedFrom {
                    (::take.observed())(CoroutineScope(Dispatchers.Default), flowOf(1), CompletableDeferred(1)) { }
                }.single().input!!
            input.length shouldBeLessThan 300
            listOf("ContextScope", "CompletableDeferredImpl").forEach { input shouldContain "<$it>" }
        }

        test("a flow that nobody collects ends when it is garbage") {
            fun stream(): Flow<Int> = flowOf(1)
            withLangfuse { local, langfuse ->
                (::stream.observed(SPAN, client = langfuse))()
                val deadline = System.nanoTime() + DEADLINE.toNanos()
                while (local.observations().isEmpty() && System.nanoTime() < deadline) {
                    System.gc()
                    langfuse.flush(DEADLINE)
                }
                local.observations().named("stream").level shouldBe "WARNING"
                local.observations().named("stream").statusMessage shouldBe "never read"
            }
        }
    })
