package com.langfuse.sdk.coroutines

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.Observation
import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.ObservationType.SPAN
import com.langfuse.sdk.ObservationType.TOOL
import com.langfuse.sdk.Usage
import com.langfuse.sdk.local.LocalObservation
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldContainIgnoringCase
import io.kotest.matchers.string.shouldEndWith
import io.kotest.matchers.types.shouldBeSameInstanceAs
import io.opentelemetry.api.trace.SpanId
import io.opentelemetry.context.Context
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.Job
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableSharedFlow
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.asFlow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.callbackFlow
import kotlinx.coroutines.flow.channelFlow
import kotlinx.coroutines.flow.collect
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flatMapMerge
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.retry
import kotlinx.coroutines.flow.shareIn
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.coroutines.yield
import java.io.IOException
import java.util.concurrent.Executors
import kotlin.time.Duration.Companion.milliseconds

@OptIn(ExperimentalCoroutinesApi::class)
class ObservedFlowTest :
    FunSpec({
        data class Chunk(val text: String?, val usage: Usage? = null)

        fun answer(vararg words: String): Flow<Chunk> =
            flow {
                words.forEach {
                    emit(Chunk(it))
                    yield()
                }
                emit(Chunk(null, Usage.of(3, words.size.toLong())))
            }

        fun LocalObservation.isOk() {
            level shouldBe "DEFAULT"
            statusMessage.shouldBeNull()
        }

        test("a model's answer: one generation with text, usage and the time of the first token") {
            val observations =
                received { langfuse ->
                    langfuse.observation("request") {
                        answer("Hello", " ", "Ada")
                            .observed("chat", GENERATION, {
                                model("gpt-4o").input("Hi")
                            }, usage = { it.usage }) { it.text }
                            .map { it.text }
                            .toList() shouldContainExactly listOf("Hello", " ", "Ada", null)
                    }
                }
            observations shouldHaveSize 2
            val chat = observations.named("chat")
            chat.type shouldBe "GENERATION"
            chat.parentId shouldBe observations.named("request").id
            chat.input shouldBe "Hi"
            chat.output shouldBe "Hello Ada"
            chat.model shouldBe "gpt-4o"
            chat.usage shouldBe mapOf("input" to 3L, "output" to 3L)
            chat.completionStartTime.shouldNotBeNull() shouldBeLessThanOrEqualTo chat.endTime!!
            chat.isOk()
        }

        test("the first element is a generation's completion start, even if nothing is kept of it") {
            val observations =
                received { langfuse ->
                    flowOf(Chunk(null)).observed("chat", GENERATION, client = langfuse) { it.text }.collect()
                    flowOf("x").observed("tool", TOOL, client = langfuse).collect()
                }
            observations.named("chat").completionStartTime.shouldNotBeNull()
            observations.named("chat").output.shouldBeNull()
            observations.named("tool").completionStartTime.shouldBeNull()
            observations.named("tool").output shouldBe "x"
        }

        test("each collection is an observation; without one there is none") {
            val observations =
                received { langfuse ->
                    val flow = listOf(1, 2).asFlow().observed("numbers", SPAN, client = langfuse)
                    langfuse.observation("first") { flow.toList() }
                    langfuse.observation("second") { flow.toList() }
                    flow.map { it }
                }
            val byId = observations.associateBy { it.id }
            observations.filter { it.name == "numbers" }.map { byId.getValue(it.parentId!!).name } shouldContainExactly
                listOf("first", "second")
            observations.filter { it.name == "numbers" }.forEach { it.output shouldBe "[1,2]" }
        }

        test("the flow's code is inside, its collector is not, on whatever thread") {
            val observations =
                received { langfuse ->
                    langfuse.observation("request") { request ->
                        flow {
                            langfuse.observation("retrieve", TOOL) { yield() }
                            emit(1)
                            Observation.current().metadata("seen", "after emit")
                            yield()
                            emit(2)
                        }.observed("chat", GENERATION)
                            .collect {
                                Observation.current().id() shouldBe request.id()
                                yield()
                                Observation.current().id() shouldBe request.id()
                                langfuse.observation("use") { yield() }
                            }
                        Observation.current().id() shouldBe request.id()
                    }
                    Observation.current().id() shouldBe SpanId.getInvalid()
                }
            val request = observations.named("request").id
            val chat = observations.named("chat")
            chat.parentId shouldBe request
            chat.metadata["seen"] shouldBe "after emit"
            observations.named("retrieve").parentId shouldBe chat.id
            observations.filter { it.name == "use" }.map { it.parentId } shouldContainExactly listOf(request, request)
        }

        test("the collector is given its own coroutine context, as flow builders demand") {
            received { langfuse ->
                langfuse.observation("request") {
                    val outer = currentCoroutineContext()
                    flow { emitAll(answer("a", "b").observed("chat", GENERATION) { it.text }) }
                        .collect { currentCoroutineContext()[Job] shouldBeSameInstanceAs outer[Job] }
                    flowOf(1).observed("inner", SPAN).observed("outer", SPAN).collect { }
                }
            }.let { all -> all.named("inner").parentId shouldBe all.named("outer").id }
        }

        test("nothing is left in the collector or on a pool's threads") {
            val pool = Executors.newFixedThreadPool(2)
            pool.asCoroutineDispatcher().use { dispatcher ->
                received { langfuse ->
                    (1..200)
                        .map { number ->
                            CoroutineScope(dispatcher).async {
                                val flow =
                                    flow {
                                        repeat(3) {
                                            yield()
                                            emit(it)
                                        }
                                    }.observed("flow-$number", SPAN, client = langfuse)
                                when (number % 4) {
                                    0 -> flow.flowOn(Dispatchers.Default).collect { outside() }
                                    1 -> flow.take(2).buffer(1).collect { outside() }
                                    2 -> flowOf(1, 2).flatMapMerge { flow }.collect { outside() }
                                    else -> flow.collect { outside() }
                                }
                                outside()
                                yield()
                                outside()
                            }
                        }.awaitAll()
                }
                pool.invokeAll(List(20) { java.util.concurrent.Callable { atRoot() } }).forEach { it.get() }
            }
        }

        test("take and first complete it") {
            val observations =
                received { langfuse ->
                    answer("a", "b", "c").observed("take", SPAN, client = langfuse) {
                        it.text
                    }.take(2).toList() shouldHaveSize
                        2
                    answer("a", "b").observed("first", SPAN, client = langfuse) { it.text }.first().text shouldBe "a"
                    answer("a", "b").observed("buffered", SPAN, client = langfuse) { it.text }.buffer(1).first()
                    answer("a", "b").buffer(1).observed("downstream", SPAN, client = langfuse) { it.text }.first()
                }
            observations.named("take").output shouldBe "ab"
            observations.named("first").output shouldBe "a"
            listOf("take", "first", "downstream").forEach { observations.named(it).isOk() }
        }

        test("a failing flow is an error, with what came until then, and the very instance") {
            val thrown = IOException("reset")
            val observations =
                received { langfuse ->
                    shouldThrow<IOException> {
                        flow {
                            emit("Hel")
                            yield()
                            throw thrown
                        }.observed("chat", GENERATION, client = langfuse).collect()
                    } shouldBeSameInstanceAs thrown
                }
            observations.named("chat").level shouldBe "ERROR"
            observations.named("chat").statusMessage shouldBe "reset"
            observations.named("chat").output shouldBe "Hel"
        }

        test("a collector that fails has left it: a warning, not the flow's error") {
            val thrown = IllegalStateException("collector")
            val observations =
                received { langfuse ->
                    shouldThrow<IllegalStateException> {
                        answer("a", "b").observed("left", SPAN, client = langfuse) { it.text }.collect { throw thrown }
                    } shouldBeSameInstanceAs thrown
                }
            observations.named("left").level shouldBe "WARNING"
            observations.named("left").statusMessage shouldBe "left by its collector"
            observations.named("left").output shouldBe "a"
        }

        test("a collector's failure that the flow answers with one of its own is the flow's error") {
            received { langfuse ->
                shouldThrow<IOException> {
                    flow {
                        try {
                            emit(1)
                        } catch (e: IllegalStateException) {
                            throw IOException("while emitting", e)
                        }
                    }.observed("flow", SPAN, client = langfuse).collect { error("collector") }
                }
            }.named("flow").level shouldBe "ERROR"
        }

        test("cancelled and timed out collections are warnings, wherever it strikes") {
            val observations =
                received { langfuse ->
                    val never = flow<Int> { awaitCancellation() }
                    val one = flow { emit(1) }
                    withTimeoutOrNull(10.milliseconds) {
                        never.observed("in the flow", SPAN, client = langfuse).collect()
                    }
                    withTimeoutOrNull(10.milliseconds) {
                        one.observed("in the collector", SPAN, client = langfuse).collect { awaitCancellation() }
                    }
                    val started = CompletableDeferred<Unit>()
                    val job =
                        CoroutineScope(Dispatchers.Default).launch {
                            flow<Int> {
                                started.complete(Unit)
                                awaitCancellation()
                            }.observed("cancelled", SPAN, client = langfuse).flowOn(Dispatchers.IO).collect()
                        }
                    started.await()
                    job.cancelAndJoin()
                    shouldThrow<TimeoutCancellationException> {
                        one.observed("collector's own", SPAN, client = langfuse).collect {
                            withTimeout(1) { awaitCancellation() }
                        }
                    }
                }
            observations.named("in the flow").level shouldBe "WARNING"
            observations.named("in the flow").statusMessage!! shouldContainIgnoringCase "timed out waiting for 10 ms"
            observations.named("in the collector").level shouldBe "WARNING"
            observations.named("cancelled").level shouldBe "WARNING"
            observations.named("collector's own").level shouldBe "WARNING"
            observations.named("collector's own").statusMessage shouldBe "left by its collector"
        }

        test("channelFlow, callbackFlow, shareIn, retry") {
            val observations =
                received { langfuse ->
                    channelFlow {
                        launch(Dispatchers.IO) {
                            langfuse.observation("producer") { send("a") }
                        }
                    }.observed("channel", SPAN, client = langfuse).toList()
                    callbackFlow {
                        val thread = Thread { trySend("b").also { close() } }.apply { start() }
                        awaitClose { thread.interrupt() }
                    }.observed("callback", SPAN, client = langfuse).toList()

                    langfuse.observation("sharer") {
                        val shared =
                            flowOf(
                                "x",
                            ).observed(
                                "shared",
                                SPAN,
                            ).shareIn(CoroutineScope(currentCoroutineContext() + Job()), SharingStarted.Lazily, 1)
                        List(3) { async { shared.first() } }.awaitAll()
                    }
                    var attempts = 0
                    flow {
                        if (attempts++ == 0) throw IOException("once")
                        emit(1)
                    }.observed("attempt", SPAN, client = langfuse).retry(1).collect()
                }
            observations.named("producer").parentId shouldBe observations.named("channel").id
            observations.named("callback").output shouldBe "b"
            observations.named("shared").parentId shouldBe observations.named("sharer").id
            observations.filter { it.name == "attempt" }.map { it.level }.sorted() shouldContainExactly
                listOf("DEFAULT", "ERROR")
        }

        test("a flow that fails while its collector waits ends the collector, as it would unobserved") {
            val thrown = IOException("reset")
            val failing =
                mapOf<String, Flow<Int>>(
                    "channelFlow" to
                        channelFlow {
                            send(1)
                            yield()
                            throw thrown
                        },
                    "a scope" to
                        flow {
                            coroutineScope {
                                launch {
                                    yield()
                                    throw thrown
                                }
                                emit(1)
                            }
                        },
                    "buffer" to
                        flow {
                            emit(1)
                            yield()
                            throw thrown
                        }.buffer(1),
                    "flowOn" to
                        flow {
                            emit(1)
                            yield()
                            throw thrown
                        }.flowOn(Dispatchers.Default),
                )
            val observations =
                received { langfuse ->
                    failing.forEach { (name, flow) ->
                        shouldThrow<IOException> {
                            flow.observed(name, SPAN, client = langfuse).collect { awaitCancellation() }
                        }
                    }
                    shouldThrow<TimeoutCancellationException> {
                        flow { withTimeout(10) { emit(1) } }
                            .observed("its own timeout", SPAN, client = langfuse)
                            .collect { awaitCancellation() }
                    }
                }
            failing.keys.forEach { observations.named(it).level shouldBe "ERROR" }
            observations.named("its own timeout").level shouldBe "WARNING"
        }

        test("a usage lambda that fails costs the usage only") {
            received { langfuse ->
                flowOf("a", "b").observed("chat", GENERATION, client = langfuse, usage = { error("usage") }).collect()
            }.named("chat").output shouldBe "ab"
        }

        test("what is kept is bounded, or nothing, or a marker where the lambda fails; elements are untouched") {
            val observations =
                received { langfuse ->
                    val much = List(30) { "x".repeat(50_000) }
                    much.asFlow().observed("much", SPAN, client = langfuse).toList() shouldContainExactly much
                    flowOf(1).observed("nothing", SPAN, client = langfuse) { null }.toList() shouldHaveSize 1
                    flowOf(1).observed("broken", SPAN, client = langfuse) { error("lambda") }.toList() shouldHaveSize 1
                }
            observations.named("much").output!!.length shouldBe 1_000_000 + "… cut".length
            observations.named("much").output!! shouldEndWith "… cut"
            observations.named("nothing").output.shouldBeNull()
            observations.named("broken").output!! shouldContain "not readable: IllegalStateException"
        }

        test("a flow that never ends ends with its collector") {
            received { langfuse ->
                val hot = MutableSharedFlow<Int>(replay = 1).apply { emit(1) }
                val seen = CompletableDeferred<Unit>()
                val job =
                    CoroutineScope(Dispatchers.Default).launch {
                        hot.observed("hot", SPAN, client = langfuse).collect { seen.complete(Unit) }
                    }
                seen.await()
                job.cancelAndJoin()
            }.named("hot").level shouldBe "WARNING"
        }

        test("a disabled client changes nothing") {
            Langfuse.builder().tracingEnabled(false).build().use { disabled ->
                flowOf(1, 2).observed("x", GENERATION, client = disabled).toList() shouldContainExactly listOf(1, 2)
                listOf(Context.current()).filterNot { it == Context.root() }.shouldBeEmpty()
            }
        }
    })

private fun outside() {
    Observation.current().id() shouldBe SpanId.getInvalid()
}

private fun atRoot() {
    Context.current() shouldBe Context.root()
}
