package com.langfuse.sdk.coroutines

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.ObservationType
import com.langfuse.sdk.Observed
import com.langfuse.sdk.ObservedCall
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.Job
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.SharedFlow
import java.util.concurrent.atomic.AtomicReference
import kotlin.reflect.KCallable
import kotlin.reflect.KParameter

/** The calls of one function, as they are observed. */
internal class Calls(
    function: Any,
    private val type: ObservationType<*>,
    private val client: Langfuse? = null,
    private val options: (@LangfuseDsl Observed<*>).() -> Observed<*> = { this },
    private val name: String = nameOf(function),
) {
    private val parameters = parametersOf(function)

    suspend fun <R> await(vararg arguments: Any?, body: suspend () -> R): R {
        val call = currentCoroutineContext().current().whileCurrent { open(arguments) }
        return switchTo(call.observation().context()) { call.returning { body() } }
    }

    fun <R> call(vararg arguments: Any?, body: () -> R): R {
        val call = open(arguments)
        return call.observation().makeCurrent().use { call.returning(body) }
    }

    private fun open(arguments: Array<out Any?>): ObservedCall {
        val observed = (client ?: Langfuse.current()).observed(name, type)
        val known = parameters?.takeIf { it.size == arguments.size } ?: return observed.options().open(*arguments)
        val values = known.indices.filter { known[it] != RECEIVER }
        return observed
            .inputNames(*values.map { known[it] }.toTypedArray())
            .options()
            .open(*values.map { arguments[it] }.toTypedArray())
    }
}

private inline fun <R> ObservedCall.returning(body: () -> R): R =
    followed(runCatching(body).onFailure(::fail).getOrThrow())

/** The result, or what stands in for it until it is over. */
@OptIn(ExperimentalCoroutinesApi::class)
@Suppress("UNCHECKED_CAST") // a stand-in is used only where it is all that callers can expect
private fun <R> ObservedCall.followed(result: R): R {
    when (result) {
        is Deferred<*> -> result.invokeOnCompletion { if (it == null) end(result.getCompleted()) else fail(it) }
        is Job -> result.invokeOnCompletion { if (it == null) end(null) else fail(it) }
        is Result<*> -> result.onSuccess(::end).onFailure(::fail)
        is SharedFlow<*> -> end(null)
        is Flow<*> if isKnownOnlyAs(Flow::class.java, result.javaClass) -> return flow(result) as R
        is Sequence<*> if isKnownOnlyAs(Sequence::class.java, result.javaClass) -> return sequence(result) as R
        is Unit, is Flow<*>, is Sequence<*> -> end(null)
        else -> return follow(result)
    }
    return result
}

private fun <E> ObservedCall.flow(result: Flow<E>): Flow<E> {
    val first = AtomicReference(stream())
    return ObservedFlow(result, { first.getAndSet(null) ?: again() })
}

private fun <E> ObservedCall.sequence(result: Sequence<E>): Sequence<E> = follow(result.asIterable()).asSequence()

/** For what cannot be followed: it is in the caller's hands already. */
private fun ObservedCall.end(value: Any?) =
    complete(value.takeUnless { it is Unit || it is Flow<*> || it is Sequence<*> })

/** Whether nobody can have asked for more than the interface: no class in between is one that a program could name. */
private fun isKnownOnlyAs(kind: Class<*>, type: Class<*>): Boolean {
    val isKotlins = type.name.startsWith("kotlin.") || type.name.startsWith("kotlinx.coroutines.")
    val isNameless = isKotlins || type.isAnonymousClass || type.isSynthetic || type.isHidden
    if (type == ObservedFlow::class.java || type == Any::class.java || !kind.isAssignableFrom(type)) return true
    return isNameless && (listOfNotNull(type.superclass) + type.interfaces).all { isKnownOnlyAs(kind, it) }
}

private fun nameOf(function: Any): String =
    requireNotNull((function as? KCallable<*>)?.name) {
        "Only a reference such as ::fetch has a name. Give this function one: observed(\"fetch\", SPAN, function)."
    }

private const val RECEIVER = ""

/** The names of what a function is called with: Kotlin knows them where `kotlin-reflect` is on the class path. */
@Suppress("NO_REFLECTION_IN_CLASS_PATH")
private fun parametersOf(function: Any): List<String>? =
    try {
        (function as? KCallable<*>)?.parameters?.map { if (it.kind == KParameter.Kind.VALUE) it.name!! else RECEIVER }
    } catch (unknown: Throwable) {
        null // without the library, or for a function that it cannot read, such as Java's
    }
