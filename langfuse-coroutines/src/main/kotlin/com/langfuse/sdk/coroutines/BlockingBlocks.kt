package com.langfuse.sdk.coroutines

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.Observation
import com.langfuse.sdk.ObservationBuilder
import com.langfuse.sdk.ObservationType

/**
 * An observation around code that does not suspend.
 *
 * ```
 * val row = langfuse.observationBlocking("load", RETRIEVER, { input(id) }) { retriever ->
 *     table.load(id).also { retriever.output(it) }
 * }
 * ```
 *
 * A coroutine cannot hold it wrong: the block is a plain function, so nothing in it can suspend. It is what Java's
 * `call` is, whose checked exception Kotlin cannot infer.
 */
public fun <O : Observation, T> Langfuse.observationBlocking(
    name: String,
    type: ObservationType<out O>,
    configure: (@LangfuseDsl ObservationBuilder<O>).() -> Unit = {},
    block: (O) -> T,
): T = observation(name, type).apply(configure).blocking(block)

/** An observation of type `SPAN` around code that does not suspend. */
public fun <T> Langfuse.observationBlocking(
    name: String,
    configure: (@LangfuseDsl ObservationBuilder<Observation>).() -> Unit = {},
    block: (Observation) -> T,
): T = observation(name).apply(configure).blocking(block)

/** A child of this observation around code that does not suspend. */
public fun <O : Observation, T> Observation.observationBlocking(
    name: String,
    type: ObservationType<out O>,
    configure: (@LangfuseDsl ObservationBuilder<O>).() -> Unit = {},
    block: (O) -> T,
): T = observation(name, type).apply(configure).blocking(block)

/** A child of type `SPAN` of this observation around code that does not suspend. */
public fun <T> Observation.observationBlocking(
    name: String,
    configure: (@LangfuseDsl ObservationBuilder<Observation>).() -> Unit = {},
    block: (Observation) -> T,
): T = observation(name).apply(configure).blocking(block)

/** An observation of the client in the context, see [Langfuse.current], around code that does not suspend. */
public fun <O : Observation, T> observationBlocking(
    name: String,
    type: ObservationType<out O>,
    configure: (@LangfuseDsl ObservationBuilder<O>).() -> Unit = {},
    block: (O) -> T,
): T = Langfuse.current().observationBlocking(name, type, configure, block)

/** An observation of type `SPAN` of the client in the context around code that does not suspend. */
public fun <T> observationBlocking(
    name: String,
    configure: (@LangfuseDsl ObservationBuilder<Observation>).() -> Unit = {},
    block: (Observation) -> T,
): T = Langfuse.current().observationBlocking(name, configure, block)

private fun <O : Observation, T> ObservationBuilder<O>.blocking(block: (O) -> T): T = call<T, RuntimeException>(block)
