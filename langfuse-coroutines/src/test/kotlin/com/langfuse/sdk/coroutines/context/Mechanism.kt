package com.langfuse.sdk.coroutines.context

import com.langfuse.sdk.coroutines.element
import com.langfuse.sdk.coroutines.scoped
import com.langfuse.sdk.coroutines.switchTo
import io.opentelemetry.context.Context
import io.opentelemetry.extension.kotlin.asContextElement
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.withContext
import kotlin.coroutines.CoroutineContext

/** Three ways to make a context current in a coroutine. */
internal enum class Mechanism {
    /** OpenTelemetry's element in a `withContext`. */
    OFFICIAL {
        override fun element(context: Context) = context.asContextElement()
    },

    /** Our element, which puts back what was current, in a `withContext`. */
    HEALING {
        override fun element(context: Context) = context.element()
    },

    /** Our element and a switch of our own: what this module does. */
    OURS {
        override fun element(context: Context) = context.element()

        override suspend fun <T> within(context: Context, block: suspend CoroutineScope.() -> T): T =
            switchTo(context) { scoped(block) }
    }, ;

    abstract fun element(context: Context): CoroutineContext

    open suspend fun <T> within(context: Context, block: suspend CoroutineScope.() -> T): T =
        withContext(element(context), block)
}
