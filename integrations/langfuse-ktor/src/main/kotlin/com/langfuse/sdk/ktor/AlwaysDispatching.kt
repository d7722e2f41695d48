package com.langfuse.sdk.ktor

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.withContext
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.CoroutineContext

/**
 * Runs [block] with a dispatcher that never resumes in place, as Netty's does on its own threads: there, coroutines
 * resume within each other, and where another plugin wraps the call in a thread-local of its own
 * (`CallLogging { mdc(…) }`), kotlinx.coroutines no longer knows what to put back. Our context would stay on the
 * thread, for calls of others to find.
 */
internal suspend fun alwaysDispatching(block: suspend () -> Unit) {
    val dispatcher = currentCoroutineContext().dispatcherInPlace() ?: return block()
    var outcome: Result<Unit>? = null
    try {
        withContext(Always(dispatcher)) { outcome = runCatching { block() } }
    } catch (e: CancellationException) {
        // Of a call that was cancelled since, withContext forgets how it ended.
        outcome ?: throw e
    }
    // Here, for withContext may throw a copy.
    outcome?.getOrThrow()
}

/** The dispatcher, where it resumes in place. */
private fun CoroutineContext.dispatcherInPlace(): CoroutineDispatcher? =
    (this[ContinuationInterceptor] as? CoroutineDispatcher)
        ?.takeUnless { it is Always || it === Dispatchers.Unconfined || it.isDispatchNeeded(this) }

private class Always(private val dispatcher: CoroutineDispatcher) : CoroutineDispatcher() {
    override fun dispatch(context: CoroutineContext, block: Runnable) =
        try {
            dispatcher.dispatch(context, block)
        } catch (_: UnsupportedOperationException) {
            block.run() // unconfined dispatchers of tests can do nothing else
        }
}
