package com.langfuse.sdk.coroutines.context

import io.opentelemetry.context.Context
import io.opentelemetry.context.ContextStorage
import io.opentelemetry.context.Scope
import io.opentelemetry.extension.kotlin.asContextElement
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineName
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.DelicateCoroutinesApi
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.GlobalScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.Runnable
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.asContextElement
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancel
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.channels.consumeEach
import kotlinx.coroutines.channels.produce
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.callbackFlow
import kotlinx.coroutines.flow.channelFlow
import kotlinx.coroutines.flow.collect
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flatMapMerge
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.shareIn
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.flow.zip
import kotlinx.coroutines.future.await
import kotlinx.coroutines.future.future
import kotlinx.coroutines.launch
import kotlinx.coroutines.reactor.awaitSingle
import kotlinx.coroutines.reactor.mono
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.selects.onTimeout
import kotlinx.coroutines.selects.select
import kotlinx.coroutines.supervisorScope
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.coroutines.yield
import java.util.concurrent.CompletableFuture
import kotlin.coroutines.Continuation
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.startCoroutine
import kotlin.coroutines.suspendCoroutine
import kotlin.time.Duration.Companion.milliseconds

private class Boom : RuntimeException("boom")

/** What must hold for a context in coroutines, one shape of program each. */
@OptIn(ExperimentalCoroutinesApi::class, DelicateCoroutinesApi::class)
internal val CASES: List<Case> = buildList {
    fun case(name: String, run: suspend Trial.() -> Unit) = add(Case(name, run))

    case("nested blocks, nothing suspends") {
        see(null)
        inside("a") {
            see("a")
            inside("b") {
                see("b")
                inside("c") { seeInCoroutine("c") }
                see("b", "after c")
            }
            seeInCoroutine("a", "after b")
        }
        see(null, "after a")
    }
    case("nested blocks, each suspends") {
        inside("a") {
            yield()
            see("a")
            inside("b") {
                delay(1)
                see("b")
                inside("c") {
                    yield()
                    seeInCoroutine("c")
                }
                see("b", "after c")
                yield()
                see("b", "after c and a suspension")
            }
            see("a", "after b")
        }
        see(null, "after a")
        yield()
        see(null, "after a and a suspension")
    }
    case("a hundred blocks deep") {
        suspend fun deeper(depth: Int) {
            if (depth == 0) return yield()
            inside("level $depth") {
                deeper(depth - 1)
                see("level $depth")
            }
        }
        deeper(100)
        see(null)
    }
    case("siblings, one after the other") {
        inside("a") {
            repeat(50) { number ->
                inside("child $number") {
                    if (number % 2 == 0) yield()
                    see("child $number")
                }
                see("a")
            }
        }
    }
    case("another dispatcher inside") {
        inside("a") {
            withContext(away) {
                see("a")
                yield()
                see("a")
                inside("b") {
                    see("b")
                    withContext(home) { see("b") }
                    see("b")
                    on("away")
                }
                see("a")
            }
            see("a")
            on("home")
        }
        see(null)
    }
    case("another dispatcher outside") {
        withContext(away) {
            inside("a") {
                see("a")
                yield()
                see("a")
            }
            see(null)
            on("away")
        }
        on("home")
    }
    case("async children, two thousand") {
        inside("a") {
            (1..2_000).map { number ->
                async(if (number % 2 == 0) away else home) {
                    see("a")
                    inside("child $number") {
                        yield()
                        see("child $number")
                        yield()
                    }
                    see("a")
                    number
                }
            }.awaitAll()
            see("a")
        }
        see(null)
    }
    case("concurrent blocks on one thread take turns") {
        (1..20).map { number ->
            launchIn(home) {
                inside("turn $number") {
                    repeat(50) {
                        yield()
                        see("turn $number")
                    }
                }
                see(null)
            }
        }.forEach { it.join() }
        see(null)
    }
    case("launch, every start") {
        inside("a") {
            launch { see("a", "DEFAULT") }
            launch(start = CoroutineStart.UNDISPATCHED) {
                see("a", "UNDISPATCHED")
                yield()
                see("a", "UNDISPATCHED later")
            }
            launch(start = CoroutineStart.ATOMIC) { see("a", "ATOMIC") }
            see("a", "after them")
            val lazy = async(start = CoroutineStart.LAZY) { here() }
            inside("b") { lazy.await() }.let { seen -> require(seen == "a") { "LAZY saw $seen" } }
            val never = launch(start = CoroutineStart.LAZY) { see("never") }
            never.cancel()
        }
        see(null)
    }
    case("launched undispatched within another block") {
        inside("a") {
            inside("b") {
                val child =
                    launch(start = CoroutineStart.UNDISPATCHED) {
                        inside("c") {
                            yield()
                            see("c")
                        }
                        see("b")
                    }
                see("b", "while it is suspended")
                child.join()
                see("b")
            }
            see("a")
        }
    }
    case("a channel between two blocks") {
        val channel = Channel<Int>()
        val sender =
            launchIn(home) {
                inside("sender") {
                    repeat(20) {
                        channel.send(it)
                        see("sender")
                    }
                }
                channel.close()
            }
        inside("receiver") {
            channel.consumeEach { see("receiver") }
            see("receiver", "after it")
        }
        sender.join()
        see(null)
    }
    case("produce") {
        inside("a") {
            val numbers =
                produce(away) {
                    repeat(5) {
                        see("a", "producer")
                        send(it)
                    }
                }
            inside("b") { numbers.consumeEach { see("b") } }
            see("a")
        }
    }
    case("a mutex handed over") {
        val mutex = Mutex()
        (1..10).map { number ->
            launchIn(if (number % 2 == 0) away else home) {
                inside("holder $number") {
                    repeat(10) {
                        mutex.withLock {
                            see("holder $number")
                            yield()
                        }
                        see("holder $number")
                    }
                }
                see(null)
            }
        }.forEach { it.join() }
        see(null)
    }
    case("an exception, at once") {
        inside("a") {
            runCatching { inside("b") { throw Boom() } }
            see("a")
        }
        runCatching { inside("c") { throw Boom() } }
        see(null)
    }
    case("an exception, after a suspension") {
        inside("a") {
            runCatching {
                inside("b") {
                    try {
                        yield()
                        throw Boom()
                    } finally {
                        see("b", "finally")
                    }
                }
            }
            see("a")
        }
        see(null)
    }
    case("an exception in a child") {
        runCatching {
            inside("a") {
                launch(away) { throw Boom() }
                try {
                    awaitCancellation()
                } finally {
                    see("a", "finally")
                }
            }
        }
        see(null)
        on("home")
    }
    case("supervisorScope with a failing child") {
        inside("a") {
            supervisorScope {
                val failing = async { throw Boom() }
                val other = async {
                    yield()
                    here()
                }
                runCatching { failing.await() }
                see("a")
                other.await().let { seen -> require(seen == "a") { "the other saw $seen" } }
            }
            see("a")
        }
    }
    case("cancelled from outside") {
        val started = CompletableDeferred<Unit>()
        val job =
            launchIn(home) {
                try {
                    inside("a") {
                        try {
                            started.complete(Unit)
                            awaitCancellation()
                        } finally {
                            see("a", "finally")
                            withContext(NonCancellable) {
                                yield()
                                see("a", "NonCancellable")
                                inside("cleanup") { see("cleanup") }
                            }
                            see("a", "after NonCancellable")
                        }
                    }
                } finally {
                    see(null, "outer finally")
                }
            }
        started.await()
        job.cancelAndJoin()
        see(null)
    }
    case("cancels itself") {
        launchIn(home) {
            runCatching {
                inside("a") {
                    cancel("enough")
                    see("a")
                    yield()
                }
            }
            see(null)
        }.join()
        see(null)
    }
    case("a block in a job that is cancelled already") {
        val job = Job().apply { cancel() }
        launchIn(home, job, CoroutineStart.ATOMIC) {
            runCatching { inside("a") { see("a") } }
            see(null)
        }.join()
        see(null)
    }
    case("withTimeoutOrNull around a block") {
        inside("a") {
            withTimeoutOrNull(5.milliseconds) {
                inside("b") {
                    try {
                        awaitCancellation()
                    } finally {
                        see("b", "finally")
                    }
                }
            }
            see("a")
        }
        see(null)
    }
    case("withTimeout inside a block") {
        runCatching { inside("a") { withTimeout(5.milliseconds) { awaitCancellation() } } }
        see(null)
        inside("a") {
            withTimeoutOrNull(5.milliseconds) { awaitCancellation() }
            see("a")
        }
        see(null)
    }
    case("select") {
        inside("a") {
            val slow = async { awaitCancellation() }
            select<Unit> {
                slow.onAwait { }
                onTimeout(1) { see("a", "clause") }
            }
            see("a")
            slow.cancel()
            select<Unit> { async(away) { inside("b") { delay(1) } }.onAwait { inside("c") { see("c") } } }
            see("a")
        }
    }
    case("resumed by a foreign thread") {
        inside("a") {
            resumedByForeignThread()
            see("a")
            on("home")
        }
        see(null)
        on("home")
    }
    case("ends right after a foreign thread resumed it") {
        inside("a") { resumedByForeignThread() }
        see(null)
        on("home")
        inside("b") {
            suspendCoroutine { continuation ->
                Thread { continuation.resumeWith(Result.success(1)) }.start()
            }
        }
        see(null)
        on("home")
    }
    case("its last child ends on another dispatcher") {
        inside("a") { launch(away) { delay(2) } }
        see(null)
        on("home")
        inside("b") {
            inside("c") { launch(away) { delay(2) } }
            see("b")
            on("home")
        }
        see(null)
        on("home")
    }
    case("its body is a tail call") {
        suspend fun tail() = delay(1)

        suspend fun tailOfTail() = inside("b") { tail() }
        inside("a") { tailOfTail() }
        see(null)
        on("home")
        inside("c") { withContext(away) { delay(1) } }
        see(null)
        on("home")
        inside("d") { coroutineScope { launch(away) { delay(1) } } }
        see(null)
        on("home")
    }
    case("fails on another dispatcher") {
        runCatching {
            inside("a") {
                withContext(away) {
                    delay(1)
                    throw Boom()
                }
            }
        }
        see(null)
        on("home")
    }
    case("limitedParallelism") {
        val narrow = away.limitedParallelism(1)
        withContext(narrow) {
            inside("a") {
                (1..20).map {
                    async {
                        inside("b $it") {
                            yield()
                            see("b $it")
                        }
                    }
                }.awaitAll()
                see("a")
            }
            see(null)
        }
    }
    case("Dispatchers.Default and IO") {
        inside("a") {
            (1..100).map {
                async(if (it % 2 == 0) Dispatchers.Default else Dispatchers.IO) {
                    see("a")
                    withContext(Dispatchers.IO) { inside("b $it") { see("b $it") } }
                    see("a")
                }
            }.awaitAll()
        }
    }
    case("a dispatcher that is at home already, as Main.immediate") {
        val immediate =
            object : CoroutineDispatcher() {
                override fun isDispatchNeeded(context: CoroutineContext) =
                    !Thread.currentThread().name.startsWith("home")

                override fun dispatch(context: CoroutineContext, block: Runnable) = home.dispatch(context, block)
            }
        withContext(immediate) {
            inside("a") {
                async { inside("b") { yield() } }.await()
                see("a")
                resumedByForeignThread()
                see("a")
            }
            see(null)
            on("home")
        }
    }
    case("Unconfined, inside the block") {
        launchIn(Dispatchers.Unconfined) {
            inside("a") {
                see("a")
                resumedByForeignThread()
                see("a", "on a foreign thread")
                inside("b") { see("b") }
                see("a", "on a foreign thread, after b")
            }
        }.join()
        see(null)
    }
    case("Unconfined, after a block that was resumed by a thread with a context of its own") {
        launchIn(Dispatchers.Unconfined) {
            inside("a") {
                resumedByForeignThread("foreign")
                see("a", "in it")
            }
            see(null, "after a")
        }.join()
        launchIn(Dispatchers.Unconfined + element("x")) {
            inside("a") { resumedByForeignThread("foreign") }
            see("x", "after a")
        }.join()
    }
    case("Unconfined, after a block that went on on a foreign thread") {
        launchIn(Dispatchers.Unconfined) {
            inside("a") {
                inside("b") { resumedByForeignThread() }
                see("a", "after b")
            }
            see(null, "after a")
        }.join()
    }
    case("no dispatcher at all, before anything suspends") {
        val done = CompletableDeferred<Unit>()
        suspend {
            inside("a") {
                see("a")
                inside("b") { see("b") }
                see("a")
            }
            see(null)
        }.startCoroutine(Continuation(EmptyCoroutineContext) { done.complete(Unit) })
        done.await()
        see(null)
    }
    case("no dispatcher, the caller of a block that a foreign thread resumed") {
        val done = CompletableDeferred<Unit>()
        suspend {
            inside("a") {
                inside("b") { resumedByForeignThread() }
                see("a", "after b")
            }
            see(null, "after a")
        }.startCoroutine(Continuation(EmptyCoroutineContext) { done.complete(Unit) })
        done.await()
    }
    case("no dispatcher, in the block that a foreign thread resumed") {
        val done = CompletableDeferred<Unit>()
        suspend {
            inside("a") {
                resumedByForeignThread()
                see("a")
            }
        }.startCoroutine(Continuation(EmptyCoroutineContext) { done.complete(Unit) })
        done.await()
    }
    case("flow operators") {
        inside("a") {
            val numbers =
                flow {
                    see("a", "builder")
                    repeat(5) {
                        emit(it)
                        yield()
                    }
                }
            numbers.map {
                inside("b") {
                    see("b")
                    it
                }
            }.onEach { see("a", "onEach") }.toList()
            see("a")
            numbers.buffer(2).zip(flowOf(1, 2, 3)) { a, b -> a + b }.collect { see("a", "collector") }
            numbers.flatMapMerge(3) { n ->
                flow {
                    inside("c $n") {
                        yield()
                        see("c $n")
                    }
                    emit(n)
                }
            }.collect { see("a") }
            see("a", "after flatMapMerge")
            numbers.take(2).collect { see("a") }
            numbers.first()
            see("a", "after first")
        }
        see(null)
    }
    case("flowOn a dispatcher or a name") {
        inside("a") {
            flow {
                see("a", "builder")
                yield()
                emit(1)
            }.flowOn(away).map {
                see("a", "between")
                it
            }.flowOn(CoroutineName("x")).collect { see("a", "collector") }
            see("a")
            on("home")
        }
        see(null)
    }
    case("channelFlow and callbackFlow") {
        inside("a") {
            channelFlow {
                see("a")
                launch(away) {
                    see("a", "launched")
                    send(1)
                }
            }.collect { see("a", "collector") }
            callbackFlow {
                Thread { trySend(1).also { close() } }.start()
                awaitClose { }
            }.collect { see("a", "collector of callbacks") }
            see("a")
        }
        see(null)
    }
    case("shareIn") {
        inside("a") {
            val sharing = CoroutineScope(currentCoroutineContext() + SupervisorJob())
            val shared = flow {
                see("a", "shared")
                emit(1)
            }.shareIn(sharing, SharingStarted.Lazily, 1)
            inside("b") {
                shared.first()
                see("b")
            }
            sharing.cancel()
            see("a")
        }
    }
    case("a context element in flowOn, then a suspension") {
        inside("a") {
            flow {
                yield()
                emit(1)
                yield()
            }.flowOn(element("b")).collect {
                yield()
            }
            yield()
            see("a")
        }
        see(null)
    }
    case("a context element in flowOn, right after collecting") {
        inside("a") {
            flow { emit(1) }.flowOn(element("b")).collect { }
            see("a")
            flow {
                yield()
                emit(1)
                yield()
            }.flowOn(element("b")).collect { }
            see("a", "after suspensions")
            flow {
                emit(1)
                delay(1)
            }.flowOn(element("b")).map { it }.flowOn(CoroutineName("x")).collect { yield() }
            see("a", "after more of them")
        }
        see(null)
        flow {
            yield()
            emit(1)
            yield()
        }.flowOn(element("b")).collect { }
        see(null, "without a block")
    }
    case("a context element in flowOn, its collector outside of any block") {
        flow { emit(1) }.flowOn(element("b")).collect { see(null, "collector") }
    }
    case("a context element in flowOn, its collector") {
        inside("a") { flow { emit(1) }.flowOn(element("b")).collect { see("a", "collector") } }
    }
    case("a sequence") {
        inside("a") {
            sequence {
                yield(1)
                see("a", "in it")
                yield(2)
            }.forEach { see("a") }
        }
    }
    case("runBlocking on the same thread") {
        inside("a") {
            runBlocking {
                see("a")
                yield()
                see("a")
                inside("b") {
                    yield()
                    see("b")
                }
                see("a")
            }
            see("a")
        }
        see(null)
    }
    case("runBlocking on another dispatcher, with the element") {
        inside("a") {
            runBlocking(away + element("a")) {
                see("a")
                yield()
                inside("b") { see("b") }
                see("a")
            }
            see("a")
        }
    }
    case("runBlocking on another dispatcher, without the element") {
        inside("a") { runBlocking(away) { see("a") } }
    }
    case("runBlocking among coroutines of one event loop, with the element") {
        amongOthers { number ->
            inside("own $number") {
                yield()
                runBlocking(Context.current().asContextElement()) {
                    see("own $number")
                    delay(1)
                    see("own $number", "later")
                    inside("inner $number") {
                        yield()
                        see("inner $number")
                    }
                    see("own $number", "after inner")
                }
                see("own $number", "after runBlocking")
            }
        }
        see(null)
    }
    case("runBlocking among coroutines of one event loop, without the element") {
        amongOthers { number ->
            inside("own $number") {
                yield()
                runBlocking { see("own $number") }
            }
        }
    }
    case("after a bare runBlocking, wherever it was") {
        amongOthers { number ->
            inside("own $number") {
                yield()
                runBlocking {
                    yield()
                    inside("inner $number") {
                        yield()
                        see("inner $number")
                    }
                }
                see("own $number")
                yield()
                see("own $number", "later")
            }
        }
        see(null)
    }
    case("a bare runBlocking on threads that run no event loop") {
        inside("a") {
            listOf(home, away, Dispatchers.Default, Dispatchers.IO).forEach { dispatcher ->
                (1..20).map { number ->
                    async(dispatcher) {
                        inside("own $number") {
                            delay(1)
                            runBlocking {
                                see("own $number")
                                yield()
                                see("own $number", "later")
                                inside("inner") { yield() }
                                see("own $number", "after inner")
                            }
                            see("own $number", "after runBlocking")
                        }
                    }
                }.awaitAll()
            }
            see("a")
        }
        see(null)
    }
    case("GlobalScope, with the element") {
        inside("a") {
            GlobalScope.async(element("a")) {
                see("a")
                inside("b") {
                    yield()
                    see("b")
                }
                see("a")
            }.await()
            see("a")
        }
    }
    case("GlobalScope, without the element") {
        inside("a") { GlobalScope.async { see("a") }.await() }
    }
    case("futures there and back") {
        inside("a") {
            CompletableFuture.supplyAsync(Context.current().wrapSupplier { here() }, away.executor).await()
                .let { seen -> require(seen == "a") { "the future saw $seen" } }
            see("a")
            on("home")
            future(away) {
                see("a", "future { }")
                inside("b") {
                    yield()
                    see("b")
                }
            }.await()
            see("a")
        }
        see(null)
    }
    case("Reactor's mono, with the element") {
        inside("a") {
            mono(element("a")) {
                see("a")
                inside("b") {
                    yield()
                    see("b")
                }
                see("a")
                1
            }.awaitSingle()
            see("a")
        }
        see(null)
    }
    case("OpenTelemetry's element around a block") {
        withContext(named("otel").asContextElement()) {
            seeInCoroutine("otel")
            inside("a") {
                seeInCoroutine("a")
                yield()
                seeInCoroutine("a", "later")
            }
            seeInCoroutine("otel", "after a")
            yield()
            seeInCoroutine("otel", "after a, later")
        }
        see(null)
    }
    case("OpenTelemetry's element in a block") {
        inside("a") {
            withContext(named("otel").asContextElement()) {
                seeInCoroutine("otel")
                yield()
                inside("b") {
                    yield()
                    seeInCoroutine("b")
                }
                seeInCoroutine("otel", "after b")
            }
            seeInCoroutine("a")
            launch(away + named("launched").asContextElement()) {
                seeInCoroutine("launched")
                inside("c") { seeInCoroutine("c") }
                seeInCoroutine("launched", "after c")
            }.join()
            see("a")
        }
        see(null)
    }
    case("our element around and in a block") {
        withContext(element("x")) {
            seeInCoroutine("x")
            inside("a") {
                yield()
                withContext(element("y")) {
                    yield()
                    seeInCoroutine("y")
                    flow { emit(1) }.collect { see("y", "a flow") }
                }
                seeInCoroutine("a")
            }
            yield()
            seeInCoroutine("x", "after a")
        }
        see(null)
    }
    case("another thread-local's element around a block that suspends") {
        val local = ThreadLocal<String>()
        withContext(local.asContextElement("outer")) {
            inside("a") {
                require(local.get() == "outer") { "at first ${local.get()}" }
                yield()
                require(local.get() == "outer") { "in the block ${local.get()}" }
                see("a")
            }
            require(local.get() == "outer") { "after the block ${local.get()}" }
            see(null)
        }
        require(local.get() == null) { "outside ${local.get()}" }
        see(null)
        yield()
        require(local.get() == null) { "outside, later ${local.get()}" }
        see(null)
    }
    case("another thread-local's element, and the end of both in one go") {
        val local = ThreadLocal<String>()

        suspend fun tail() = inside("b") { yield() }
        inside("a") {
            withContext(local.asContextElement("x")) { tail() }
            require(local.get() == null) { "after it ${local.get()}" }
            see("a")
            yield()
            require(local.get() == null) { "after it, later ${local.get()}" }
            see("a", "later")
        }
        see(null)
    }
    case("a scope left open in a block that suspends nowhere") {
        inside("a") {
            inside("b") { leaveOpen("left") }
            see("a")
        }
        see(null)
    }
    case("a scope open across a suspension, in a coroutine with the element") {
        inside("a") {
            inside("b") {
                val scope = open("raw")
                val other = async { here() }
                yield()
                other.await().let { seen -> require(seen == "b") { "a sibling saw $seen" } }
                shut(scope)
            }
            see("a")
        }
        see(null)
    }
    case("a scope never closed, in a coroutine with the element") {
        launchIn(home) {
            inside("a") {
                leaveOpen("left")
                yield()
                see("a")
            }
        }.join()
        see(null)
        launchIn(home) { see(null, "the next one") }.join()
    }
    case("a scope open across a suspension, in a coroutine without the element") {
        val other = launchIn(home) { see(null, "another coroutine") }
        val scope = open("raw")
        yield()
        shut(scope)
        other.join()
    }
    case("one hundred thousand switches") {
        inside("a") {
            repeat(100_000) { inside("b") { } }
            see("a")
        }
        see(null)
    }
}

/**
 * Many coroutines that share a thread's event loop: those of one `runBlocking`, and those of `Dispatchers.Unconfined` after
 * a delay. One that blocks in a `runBlocking` of its own runs the others meanwhile.
 */
private suspend fun amongOthers(body: suspend CoroutineScope.(Int) -> Unit) {
    withContext(Dispatchers.IO) { runBlocking { repeat(20) { number -> launch { body(number) } } } }
    coroutineScope {
        repeat(20) { number ->
            launch(Dispatchers.Unconfined) {
                delay(1)
                body(number)
            }
        }
    }
}

private fun launchIn(
    dispatcher: CoroutineContext,
    job: Job = SupervisorJob(),
    start: CoroutineStart = CoroutineStart.DEFAULT,
    block: suspend CoroutineScope.() -> Unit,
): Job = CoroutineScope(dispatcher + job).launch(start = start, block = block)

/** What nobody should do, out of the sight of OpenTelemetry's strict check. */
private fun open(name: String): Scope = ContextStorage.get().attach(named(name))

private fun shut(scope: Scope) = scope.close()

private fun leaveOpen(name: String) {
    open(name)
}
