package com.langfuse.sdk.coroutines.context

import com.langfuse.sdk.coroutines.DEADLINE
import io.opentelemetry.context.Context
import io.opentelemetry.context.ContextKey
import io.opentelemetry.extension.kotlin.getOpenTelemetryContext
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.ExecutorCoroutineDispatcher
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.async
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.suspendCancellableCoroutine
import kotlinx.coroutines.withTimeout
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.CyclicBarrier
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.resume
import kotlin.time.toKotlinDuration

internal val NAME: ContextKey<String> = ContextKey.named("name")

internal fun named(name: String): Context = Context.current().with(NAME, name)

/** The name of what is current on this thread; null outside of everything. */
internal fun here(): String? = Context.current().get(NAME)

/** One run of one [Case] with threads of its own, so that what it leaves behind is its own. */
internal class Trial(private val mechanism: Mechanism) : AutoCloseable {
    private val problems = ConcurrentLinkedQueue<String>()
    private val pools = mutableListOf<ExecutorCoroutineDispatcher>()
    private val sizes = mutableListOf<Int>()

    /** Where a case runs: one thread, so that everything which is left there is met again. */
    val home = pool("home", 1)
    val away = pool("away", 2)
    private val counter = AtomicInteger()
    val checks: Int get() = counter.get()

    fun pool(name: String, size: Int): ExecutorCoroutineDispatcher {
        val dispatcher = Executors.newFixedThreadPool(size) {
            Thread(it, name).apply { isDaemon = true }
        }.asCoroutineDispatcher()
        pools += dispatcher
        sizes += size
        return dispatcher
    }

    suspend fun <T> inside(name: String, block: suspend CoroutineScope.() -> T): T = mechanism.within(
        named(name),
        block,
    )

    fun element(name: String): CoroutineContext = mechanism.element(named(name))

    /** Where we are must be [expected]. */
    fun see(expected: String?, where: String = "") {
        counter.incrementAndGet()
        val seen = here()
        if (seen != expected) problems += "$where expected $expected, saw $seen".trim()
    }

    /** And what OpenTelemetry's extension reads from the coroutine must be the same. */
    suspend fun seeInCoroutine(expected: String?, where: String = "") {
        see(expected, where)
        val seen = currentCoroutineContext().getOpenTelemetryContext().get(NAME)
        if (seen != expected) problems += "$where the coroutine's element expected $expected, saw $seen".trim()
    }

    /** Whatever a block did, its caller goes on on its own dispatcher. */
    fun on(thread: String, where: String = "") {
        counter.incrementAndGet()
        val name = Thread.currentThread().name.substringBefore(" @")
        if (name != thread) problems += "$where expected thread $thread, was $name".trim()
    }

    fun require(holds: Boolean, what: () -> String) {
        counter.incrementAndGet()
        if (!holds) problems += what()
    }

    /** Runs the case, looks at the threads it used, and says what was wrong. */
    fun run(case: Case): List<String> {
        val before = Thread.getDefaultUncaughtExceptionHandler()
        Thread.setDefaultUncaughtExceptionHandler { _, thrown -> problems += "uncaught $thrown, ${thrown.cause}" }
        try {
            runBlocking {
                withTimeout(DEADLINE.toKotlinDuration()) {
                    async(home) { case.run(this@Trial) }.await()
                }
            }
        } catch (e: Throwable) {
            problems += "threw $e"
        }
        pools.zip(sizes).forEach { (pool, size) -> look(pool, size) }
        Thread.setDefaultUncaughtExceptionHandler(before)
        return problems.distinct()
    }

    private fun look(pool: ExecutorCoroutineDispatcher, size: Int) {
        val together = CyclicBarrier(size)
        val looks = List(size) {
            CompletableFuture.runAsync({
                together.await(DEADLINE.toSeconds(), TimeUnit.SECONDS)
                counter.incrementAndGet()
                if (here() != null) problems += "thread ${Thread.currentThread().name} is left with ${here()}"
            }, pool.executor)
        }
        looks.forEach { it.get(DEADLINE.toSeconds(), TimeUnit.SECONDS) }
    }

    override fun close() = pools.forEach { it.close() }
}

/** Suspends, and is resumed by a thread that knows nothing of coroutines, but only when this one has let go. */
internal suspend fun resumedByForeignThread(name: String? = null): Unit =
    suspendCancellableCoroutine { continuation ->
        val suspending = Thread.currentThread()
        thread(name = "foreign") {
            while (suspending.state == Thread.State.RUNNABLE) Thread.onSpinWait()
            val context = if (name == null) Context.current() else named(name)
            context.makeCurrent().use { continuation.resume(Unit) }
        }
    }

internal class Case(val name: String, val run: suspend Trial.() -> Unit)
