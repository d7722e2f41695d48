@file:JvmName("Suspending")

package com.langfuse.sdk.bench

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.Observation
import com.langfuse.sdk.ObservationType.TOOL
import com.langfuse.sdk.coroutines.asContextElement
import com.langfuse.sdk.coroutines.makeCurrent
import com.langfuse.sdk.coroutines.observation
import io.opentelemetry.api.common.AttributeKey
import io.opentelemetry.api.trace.Span
import io.opentelemetry.api.trace.Tracer
import io.opentelemetry.context.Context
import io.opentelemetry.extension.kotlin.asContextElement
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.yield

/** What the benchmarks, which are Java, cannot say themselves. */
fun bareSpans(
    tracer: Tracer,
    count: Int,
) = runBlocking {
    repeat(count) { tracer.start().end() }
}

/** Spans by hand, current in their coroutine by OpenTelemetry's element. */
fun spans(
    tracer: Tracer,
    count: Int,
    suspending: Boolean,
) = runBlocking {
    repeat(count) { tracer.span { if (suspending) yield() } }
}

fun blocks(
    langfuse: Langfuse,
    count: Int,
    suspending: Boolean,
) = runBlocking {
    repeat(count) { langfuse.observation("step") { if (suspending) yield() } }
}

fun bareFanOuts(
    times: Int,
    children: Int,
) = runBlocking(Dispatchers.Default) {
    repeat(times) { fanOut(children) { yield() } }
}

/** Below what is current on this thread. */
fun fanOuts(
    tracer: Tracer,
    times: Int,
    children: Int,
) = runBlocking(Dispatchers.Default + Context.current().asContextElement()) {
    repeat(times) { fanOut(children) { tracer.span { yield() } } }
}

/** Below an observation. */
fun fanOuts(
    langfuse: Langfuse,
    outer: Observation,
    times: Int,
    children: Int,
) = runBlocking(Dispatchers.Default + outer.asContextElement()) {
    repeat(times) { fanOut(children) { langfuse.observation("step", TOOL) { yield() } } }
}

fun yields(count: Int) = runBlocking { yielding(count) }

fun yieldsInWithContext(
    context: Context,
    count: Int,
) = runBlocking { withContext(context.asContextElement()) { yielding(count) } }

fun yieldsInWithContext(
    observation: Observation,
    count: Int,
) = runBlocking { withContext(observation.asContextElement()) { yielding(count) } }

fun yieldsInBuilder(
    observation: Observation,
    count: Int,
) = runBlocking(observation.asContextElement()) { yielding(count) }

fun yieldsInBlock(
    observation: Observation,
    count: Int,
) = runBlocking { observation.makeCurrent { yielding(count) } }

private suspend fun yielding(count: Int) = repeat(count) { yield() }

private suspend fun fanOut(
    children: Int,
    child: suspend () -> Unit,
) = coroutineScope { List(children) { async { child() } }.awaitAll() }

private suspend fun Tracer.span(block: suspend CoroutineScope.() -> Unit) {
    val span = start()
    try {
        withContext(span.asContextElement(), block)
    } finally {
        span.end()
    }
}

private fun Tracer.start(): Span = spanBuilder("step").setAttribute(TYPE, "span").startSpan()

private val TYPE = AttributeKey.stringKey("langfuse.observation.type")
