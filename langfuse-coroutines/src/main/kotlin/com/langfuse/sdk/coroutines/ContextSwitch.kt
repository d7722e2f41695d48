package com.langfuse.sdk.coroutines

import io.opentelemetry.context.Context
import io.opentelemetry.context.ContextKey
import io.opentelemetry.context.ContextStorage
import io.opentelemetry.context.Scope
import io.opentelemetry.extension.kotlin.asContextElement
import io.opentelemetry.extension.kotlin.getOpenTelemetryContext
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.ThreadContextElement
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlin.coroutines.Continuation
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.intrinsics.startCoroutineUninterceptedOrReturn
import kotlin.coroutines.intrinsics.suspendCoroutineUninterceptedOrReturn
import kotlin.coroutines.jvm.internal.CoroutineStackFrame

/**
 * Runs [block] in this very coroutine with [inside] current, and the caller goes on as it was: same dispatcher,
 * same context. What `withContext(inside.asContextElement())` would do, without its gaps.
 */
internal suspend fun <T> switchTo(inside: Context, block: suspend () -> T): T =
    switchTo(inside, currentCoroutineContext().minusKey(OFFICIAL) + Inside(inside), block)

/**
 * The same with the coroutine context that goes with it; its dispatcher must be the caller's.
 *
 * @param block a lambda: it has a continuation of its own, which comes back through the dispatcher
 */
internal suspend fun <T> switchTo(inside: Context, context: CoroutineContext, block: suspend () -> T): T =
    suspendCoroutineUninterceptedOrReturn { caller ->
        val switch = Switch(caller, context, caller.context.current())
        inside.whileCurrent { block.startCoroutineUninterceptedOrReturn(switch) }
    }

/** Where a switched block returns to. */
private class Switch<T>(
    private val caller: Continuation<T>,
    override val context: CoroutineContext,
    private val outside: Context,
) : Continuation<T>, CoroutineStackFrame {
    // A method of its own, for OpenTelemetry's strict check takes a scope right below a continuation for a mistake.
    override fun resumeWith(result: Result<T>) = goOn(result)

    // The block has been suspended: a dispatcher runs its end, and this within it. Scopes undo their own context only, so
    // the caller gets one of its own: should an enclosing withContext end meanwhile, which tidies up this thread, closing
    // the scope must not bring back what was there.
    private fun goOn(result: Result<T>) {
        val scope = ContextStorage.get().attach(outside.with(RETURNED, Any()))
        try {
            caller.resumeWith(result)
        } finally {
            scope.close()
        }
    }

    // Through it coroutines find the elements of an enclosing withContext, and stack traces the caller.
    override val callerFrame get() = caller as? CoroutineStackFrame

    override fun getStackTraceElement(): StackTraceElement? = null
}

private val RETURNED: ContextKey<Any> = ContextKey.named("langfuse-returned")

/**
 * OpenTelemetry's element, and before it, so that it is asked last, one that puts back what was current should a
 * scope that was left open keep OpenTelemetry's from doing so.
 */
internal fun Context.element(): CoroutineContext = Restoring + asContextElement()

private object Restoring : ThreadContextElement<Context>, CoroutineContext.Key<CoroutineContext.Element> {
    override val key get() = this

    override fun updateThreadContext(context: CoroutineContext): Context = Context.current()

    override fun restoreThreadContext(context: CoroutineContext, oldState: Context) =
        oldState.comeBackFrom(Scope.noop())
}

private val OFFICIAL = (Context.root().asContextElement() as CoroutineContext.Element).key

/**
 * Both in one, for blocks: two elements make each resumption several times slower than one. It is found by
 * OpenTelemetry's key, too, and gives way to an element of OpenTelemetry's. Itself it replaces only what has
 * [Restoring]'s key, so OpenTelemetry's has to be taken off first.
 */
private class Inside(private val inside: Context) : ThreadContextElement<Pair<Context, Scope>> {
    private val official = inside.asContextElement()

    override val key get() = Restoring

    override fun <E : CoroutineContext.Element> get(key: CoroutineContext.Key<E>) = super.get(key) ?: official[key]

    override fun minusKey(key: CoroutineContext.Key<*>) = if (get(key) == null) this else EmptyCoroutineContext

    override fun updateThreadContext(context: CoroutineContext) =
        Context.current() to ContextStorage.get().attach(inside)

    override fun restoreThreadContext(context: CoroutineContext, oldState: Pair<Context, Scope>) =
        oldState.let { (before, scope) -> before.comeBackFrom(scope) }
}

/** What is current in this coroutine. Without a dispatcher nobody keeps the thread in step with it. */
internal fun CoroutineContext.current(): Context =
    takeIf { it[ContinuationInterceptor] == null }?.getOpenTelemetryContext()?.takeIf { it != Context.root() }
        ?: Context.current()

internal inline fun <T> Context.whileCurrent(block: () -> T): T {
    val before = Context.current()
    val scope = ContextStorage.get().attach(this)
    try {
        return block()
    } finally {
        before.comeBackFrom(scope)
    }
}

/** Not inline, for the reason given at [Switch.resumeWith]. */
internal fun Context.comeBackFrom(scope: Scope) {
    scope.close()
    if (Context.current() !== this) ContextStorage.get().attach(this)
}

/**
 * [coroutineScope], except that the caller gets the very instance that was thrown: with assertions on, coroutines hand
 * on a copy with a nicer stack trace.
 */
internal suspend inline fun <T> scoped(crossinline block: suspend CoroutineScope.() -> T): T {
    var job: Job? = null
    try {
        return coroutineScope {
            job = coroutineContext[Job]
            block()
        }
    } catch (e: Throwable) {
        throw job?.causeOf(e) ?: e
    }
}

/** What this job itself was failed or cancelled by, of which [thrown] may be a copy. */
internal fun Job.causeOf(thrown: Throwable): Throwable? =
    try {
        if (isCancelled) ensureActive()
        null
    } catch (e: CancellationException) {
        if (thrown is CancellationException) e else e.cause
    }
