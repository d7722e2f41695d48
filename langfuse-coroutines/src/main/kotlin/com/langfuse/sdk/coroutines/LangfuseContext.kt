package com.langfuse.sdk.coroutines

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.Observation
import kotlinx.coroutines.CoroutineScope
import kotlin.coroutines.CoroutineContext

/**
 * Hands this observation to other coroutines: it is current in every coroutine that has the element, together
 * with the user, session and tags it was started with or got by `Propagation.applyTo`.
 *
 * ```
 * scope.launch(observation.asContextElement()) {
 *     observation("later") { … }      // a child of that observation
 * }
 * ```
 *
 * Blocks do this by themselves; the element is for coroutines that are started elsewhere: in a scope of their own,
 * by `GlobalScope`, `runBlocking(…)` on another dispatcher, `future(…) { }` or Reactor's `mono(…) { }`. It does not end
 * the observation. Within one coroutine prefer `observation.`[makeCurrent]` { }`.
 *
 * It is OpenTelemetry's own context element: `Context.current()`, `Span.current()` and `getOpenTelemetryContext()`
 * see the observation's span, and an element of OpenTelemetry's inside or outside of it does what it says. Beside it
 * stands a second one, which keeps a scope that somebody left open from staying on a pooled thread.
 *
 * What will not work, and what to do instead:
 *  - `flow.flowOn(observation.asContextElement())`. Coroutines put the element on the collector's thread and, in
 *    version 1.11.0, may take it off in the wrong order. Use [observed].
 *  - A block around `emit`: `flow { observation("x") { emit(1) } }`. A flow's elements must come from its own context, and
 *    Kotlin says so ("Flow invariant is violated"). Use [observed], or `channelFlow { observation("x") { send(1) } }`.
 *  - `Context.makeCurrent()`, `Span.makeCurrent()` or `propagate().makeCurrent()` around something that suspends. The
 *    thread goes on to serve other coroutines meanwhile. Use `withContext(context.asContextElement())`,
 *    [makeCurrent] or [propagateAttributes].
 *  - Coroutines without a dispatcher, such as those started by `startCoroutine`, outside of `kotlinx.coroutines`. Nobody tells
 *    the thread where they go on. The parents of suspend blocks are right even there; `Observation.current()` is not.
 *  - A bare `runBlocking { }` in a coroutine whose thread runs an event loop: in a coroutine of another `runBlocking`, or
 *    of `Dispatchers.Unconfined` after a `delay`. While it blocks, that thread runs the other coroutines of the loop,
 *    and when they block, too, they run its block, with their observation current. Nothing of the coroutine reaches
 *    its block, so use `runBlocking(Context.current().asContextElement()) { }`, with OpenTelemetry's element. On other
 *    threads, such as those of `Dispatchers.Default` and `IO`, a bare one is right, and so is what comes after it anywhere.
 *  - With `Dispatchers.Unconfined`, code after a `withContext(element) { }` that went on on another thread. Use
 *    [makeCurrent], which is right there, too.
 *  - Hundreds of blocks nested in each other on one stack, by recursion: each takes about twenty frames, and a thread of
 *    usual size ends at some hundreds, `coroutineScope` at about a thousand.
 *  - What a coroutine makes current is not seen by the one that started it: it does not travel outward.
 */
public fun Observation.asContextElement(): CoroutineContext = context().element()

/**
 * Makes this client the one that a bare `observation("…") { }` uses, in every coroutine that has the element.
 *
 * ```
 * withContext(langfuse.asContextElement()) {
 *     observation("request") { … }
 * }
 * ```
 */
public fun Langfuse.asContextElement(): CoroutineContext = propagate().context().element()

/**
 * Runs [block] with this observation current, and does not end it: for one that is started here and ended elsewhere.
 *
 * ```
 * val answer = langfuse.observation("answer", GENERATION).start()
 * answer.makeCurrent { retrieve(question) }       // what it records are children of answer
 * answer.end()
 * ```
 *
 * Right in more places than `withContext(asContextElement()) { }`. Waits for the coroutines that the block
 * launches. The caller gets the very instance that was thrown.
 */
public suspend fun <T> Observation.makeCurrent(block: suspend (@LangfuseDsl CoroutineScope).() -> T): T =
    switchTo(context()) { scoped(block) }

/**
 * Marks what is open to a block, so that a lambda inside that is no coroutine, such as `configure`, cannot launch
 * one in the scope around it by mistake.
 */
@DslMarker
@Target(AnnotationTarget.TYPE, AnnotationTarget.CLASS)
public annotation class LangfuseDsl
