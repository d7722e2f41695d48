package com.langfuse.sdk

import com.langfuse.sdk.export.FlushReport
import com.langfuse.sdk.internal.QuietLog
import com.langfuse.sdk.internal.Settings
import com.langfuse.sdk.local.LocalLangfuse
import io.kotest.core.annotation.Condition
import io.kotest.core.spec.Spec
import io.opentelemetry.context.Context
import io.opentelemetry.sdk.trace.ReadWriteSpan
import io.opentelemetry.sdk.trace.ReadableSpan
import io.opentelemetry.sdk.trace.SdkTracerProvider
import io.opentelemetry.sdk.trace.SpanProcessor
import io.opentelemetry.sdk.trace.samplers.Sampler
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.Socket
import java.time.Duration
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.Semaphore
import java.util.concurrent.TimeUnit
import java.util.concurrent.locks.LockSupport
import java.util.logging.Handler
import java.util.logging.LogRecord
import java.util.logging.Logger
import kotlin.reflect.KClass
import kotlin.time.toKotlinDuration

/** Reached only by a test that fails: long, for the machine may be busy. */
internal val DEADLINE: Duration = Duration.ofMinutes(2)

/** The OpenTelemetry that the tests run on; the Maven profile opentelemetry-matrix chooses another than the newest. */
internal val openTelemetry: KotlinVersion =
    SdkTracerProvider::class.java.`package`.implementationVersion.split('.').map { it.toInt() }.let { (major, minor) ->
        KotlinVersion(major, minor)
    }

/** Older ones do not mark trace ids as random. */
internal val isOpenTelemetry162: Boolean = openTelemetry.isAtLeast(1, 62)

/** For specs about parts of the newest OpenTelemetry. */
internal class OnNewestOpenTelemetry : Condition {
    override fun evaluate(kclass: KClass<out Spec>) = System.getProperty("opentelemetry.tested") == null
}

/** A builder that knows nothing of the machine's environment variables. */
internal fun bareBuilder(
    environment: Map<String, String> = emptyMap(),
) = LangfuseBuilder(environment::get).flushOnExit(false)

/** What the builder makes of calls and environment, for tests of other packages. */
internal val LangfuseBuilder.checkedSettings: Settings get() = settings()

internal fun LocalLangfuse.client(configure: LangfuseBuilder.() -> Unit = {}): Langfuse =
    bareBuilder()
        .publicKey(publicKey())
        .secretKey(secretKey())
        .baseUrl(baseUrl().toString())
        .apply(configure)
        .build()

/** Runs a block with a Langfuse on loopback and a client that reports to it. */
internal inline fun <T> withLangfuse(
    noinline configure: LangfuseBuilder.() -> Unit = {},
    block: (LocalLangfuse, Langfuse) -> T,
): T =
    LocalLangfuse.start().use { local -> local.client(configure).use { block(local, it) } }

/** The trees of everything that arrives from the block, without times. */
internal fun treesOf(block: (Langfuse) -> Unit): List<String> =
    withLangfuse { local, langfuse ->
        block(langfuse)
        langfuse.flush(DEADLINE)
        local.traces().map { it.toTree(false) }
    }

/** [ObservationBuilder.call] for a Kotlin block, which has no checked exceptions to infer. */
internal fun <O : Observation, T> ObservationBuilder<O>.block(body: (O) -> T): T = call<T, RuntimeException>(body)

/** How long something takes at most that must not wait for [DEADLINE] or for a server: on a busy machine, too. */
internal val PROMPTLY: kotlin.time.Duration = DEADLINE.dividedBy(2).toKotlinDuration()

/** A port on which nothing listens, and which nothing else gets, until it is closed. */
internal fun reservedPort(): Socket = Socket().apply { bind(InetSocketAddress(InetAddress.getLoopbackAddress(), 0)) }

/** Exported, failed, dropped, pending. */
internal val FlushReport.counts: List<Long> get() = listOf(exported(), failed(), dropped(), pending())

/**
 * What the SDK warned of while the block ran.
 *
 * @param atLeast so many to wait for: a delivery thread counts first, which a flush waits for, and warns then
 */
internal fun warningsOf(atLeast: Int = 0, block: () -> Unit): List<String> {
    val messages = CopyOnWriteArrayList<String>()
    val published = Semaphore(0)
    val handler =
        object : Handler() {
            override fun publish(record: LogRecord) {
                messages += record.message
                published.release()
            }

            override fun flush() = Unit

            override fun close() = Unit
        }
    val logger = Logger.getLogger(QuietLog.NAME)
    logger.addHandler(handler)
    logger.useParentHandlers = false
    try {
        block()
        published.tryAcquire(atLeast, DEADLINE.toSeconds(), TimeUnit.SECONDS)
        awaitIdleDelivery()
    } finally {
        logger.removeHandler(handler)
        logger.useParentHandlers = true
    }
    return messages
}

/**
 * Waits until no thread of the SDK has anything to do but wait: one that has counted, and was kept from running before
 * it warned, is runnable.
 */
private fun awaitIdleDelivery() {
    val deadline = System.nanoTime() + DEADLINE.toNanos()
    val busy = setOf(Thread.State.RUNNABLE, Thread.State.BLOCKED)
    while (System.nanoTime() < deadline &&
        Thread.getAllStackTraces().keys.any { it.name.startsWith("langfuse-") && it.state in busy }
    ) {
        Thread.yield()
    }
}

/** A tracer provider as an APM tool has it. Without a processor its spans would not be real ones. */
internal fun apmProvider(sampler: Sampler = Sampler.alwaysOn()): SdkTracerProvider =
    SdkTracerProvider
        .builder()
        .setSampler(sampler)
        .addSpanProcessor(
            object : SpanProcessor {
                override fun onStart(parent: Context, span: ReadWriteSpan) = Unit

                override fun isStartRequired() = true

                override fun onEnd(span: ReadableSpan) = Unit

                override fun isEndRequired() = true
            },
        ).build()

/** Running threads of such a name. */
internal fun threads(name: Regex): List<Thread> = Thread.getAllStackTraces().keys.filter { name.matches(it.name) }

/** Whether a condition comes true within the deadline. */
internal fun eventually(condition: () -> Boolean): Boolean {
    val end = System.nanoTime() + DEADLINE.toNanos()
    while (!condition()) {
        if (System.nanoTime() > end) return false
        LockSupport.parkNanos(5_000_000)
    }
    return true
}
