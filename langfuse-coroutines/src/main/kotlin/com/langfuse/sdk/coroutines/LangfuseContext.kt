package com.langfuse.sdk.coroutines

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.Observation
import io.opentelemetry.extension.kotlin.asContextElement
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.withContext
import kotlin.coroutines.CoroutineContext

/**
 * Hands this observation to other coroutines: it is current in every coroutine that has the element, together
 * with the user, session and tags it was started with.
 *
 * ```
 * scope.launch(observation.asContextElement()) {
 *     observation("later") { … }      // a child of that observation
 * }
 * ```
 *
 * Blocks do this by themselves; the element is for coroutines that are started elsewhere. It does not end the
 * observation.
 *
 * It will not work in `flowOn(…)`: there coroutines put the element on the collector's thread and may leave it
 * behind. Open the observation inside the flow's builder instead. Nor does it travel outward: what a coroutine
 * makes current is not seen by the one that started it.
 *
 * This is OpenTelemetry's own context element, so code that uses `Context.current()` or `Span.current()` below it
 * sees the observation's span.
 */
public fun Observation.asContextElement(): CoroutineContext = context().asContextElement()

/**
 * Makes this client the one that a bare `observation("…") { }` uses, in every coroutine that has the element.
 *
 * ```
 * withContext(langfuse.asContextElement()) {
 *     observation("request") { … }
 * }
 * ```
 */
public fun Langfuse.asContextElement(): CoroutineContext = propagate().context().asContextElement()

/** [withContext], except that the caller gets the very instance that was thrown. */
internal suspend fun <T> inContext(context: CoroutineContext, block: suspend CoroutineScope.() -> T): T =
    try {
        withContext(context, block)
    } catch (e: Throwable) {
        throw e.original()
    }

/**
 * With assertions on, coroutines hand on a copy of what was thrown, for a nicer stack trace: of the same class, with
 * the original as its cause and a marked frame in its trace.
 */
private tailrec fun Throwable.original(): Throwable {
    val cause = cause
    val isCopy =
        cause != null && cause.javaClass == javaClass && stackTrace.any { it.className.startsWith("_COROUTINE") }
    return if (cause == null || !isCopy) this else cause.original()
}
