package com.langfuse.sdk.coroutines

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.Observation
import com.langfuse.sdk.ObservationBuilder
import com.langfuse.sdk.ObservationType
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.currentCoroutineContext

/**
 * Runs [block] as an observation of the [given type][type] and returns its result.
 *
 * The observation is current for everything the block does, on whatever thread, before and after each
 * suspension. The block is a [CoroutineScope]: coroutines that it launches inherit the observation as their
 * parent, and the block waits for them.
 *
 * ```
 * val answer = langfuse.observation("answer", GENERATION, { model("gpt-4o").input(question) }) { generation ->
 *     llm.ask(question).also { generation.output(it) }
 * }
 * ```
 *
 * However the block is left, the observation ends exactly once: as it is when the block completes, with level
 * WARNING when it is cancelled, with level ERROR when it throws. The caller gets the very instance that was thrown, also by
 * a child coroutine.
 *
 * @param configure what is known before the start: input, model, metadata
 */
public suspend fun <O : Observation, T> Langfuse.observation(
    name: String,
    type: ObservationType<out O>,
    configure: (@LangfuseDsl ObservationBuilder<O>).() -> Unit = {},
    block: suspend (@LangfuseDsl CoroutineScope).(O) -> T,
): T = observed({ observation(name, type).apply(configure) }, block)

/** Runs [block] as an observation of type `SPAN`. */
public suspend fun <T> Langfuse.observation(
    name: String,
    configure: (@LangfuseDsl ObservationBuilder<Observation>).() -> Unit = {},
    block: suspend (@LangfuseDsl CoroutineScope).(Observation) -> T,
): T = observed({ observation(name).apply(configure) }, block)

/** Runs [block] as a child of this observation, whatever the current one is. */
public suspend fun <O : Observation, T> Observation.observation(
    name: String,
    type: ObservationType<out O>,
    configure: (@LangfuseDsl ObservationBuilder<O>).() -> Unit = {},
    block: suspend (@LangfuseDsl CoroutineScope).(O) -> T,
): T = observed({ observation(name, type).apply(configure) }, block)

/** Runs [block] as a child of type `SPAN` of this observation, whatever the current one is. */
public suspend fun <T> Observation.observation(
    name: String,
    configure: (@LangfuseDsl ObservationBuilder<Observation>).() -> Unit = {},
    block: suspend (@LangfuseDsl CoroutineScope).(Observation) -> T,
): T = observed({ observation(name).apply(configure) }, block)

/**
 * Runs [block] as an observation of the client in the context: the one whose observation, scope or
 * [context element][asContextElement] this code runs in, else the process default ([Langfuse.current]).
 */
public suspend fun <O : Observation, T> observation(
    name: String,
    type: ObservationType<out O>,
    configure: (@LangfuseDsl ObservationBuilder<O>).() -> Unit = {},
    block: suspend (@LangfuseDsl CoroutineScope).(O) -> T,
): T = observed({ Langfuse.current().observation(name, type).apply(configure) }, block)

/** Runs [block] as an observation of type `SPAN` of the client in the context. */
public suspend fun <T> observation(
    name: String,
    configure: (@LangfuseDsl ObservationBuilder<Observation>).() -> Unit = {},
    block: suspend (@LangfuseDsl CoroutineScope).(Observation) -> T,
): T = observed({ Langfuse.current().observation(name).apply(configure) }, block)

private suspend fun <O : Observation, T> observed(
    builder: () -> ObservationBuilder<O>,
    block: suspend CoroutineScope.(O) -> T,
): T {
    val observation = currentCoroutineContext().current().whileCurrent { builder().start() }
    return switchTo(observation.context()) {
        try {
            scoped { block(observation) }
        } catch (e: Throwable) {
            observation.recordException(e)
            throw e
        } finally {
            observation.end()
        }
    }
}
