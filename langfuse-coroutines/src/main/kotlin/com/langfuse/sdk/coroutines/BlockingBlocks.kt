package com.langfuse.sdk.coroutines

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.Observation
import com.langfuse.sdk.ObservationBuilder
import com.langfuse.sdk.ObservationType
import com.langfuse.sdk.PromptReference

/**
 * An observation around code that does not suspend.
 *
 * ```
 * val row = langfuse.observationBlocking("load", RETRIEVER, { input(id) }) { retriever ->
 *     table.load(id).also { retriever.output(it) }
 * }
 * ```
 *
 * A coroutine cannot hold it wrong: the block is a plain function, so nothing in it can suspend. For plain functions
 * there are also [propagateAttributesBlocking], [makeCurrentBlocking], and [observed] for functions themselves.
 *
 * The block's observation is current on this thread while the block runs, and ends when the block is left: with level
 * ERROR when it throws. The caller gets the very instance that was thrown.
 *
 * @param configure what is known before the start: input, model, metadata
 * @return what the block returns
 */
public fun <O : Observation, T> Langfuse.observationBlocking(
    name: String,
    type: ObservationType<out O>,
    configure: (@LangfuseDsl ObservationBuilder<O>).() -> Unit = {},
    block: (O) -> T,
): T = observation(name, type).apply(configure).blocking(block)

/** Runs a block that does not suspend as an observation of type `SPAN`. */
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

/**
 * Gives user, session, tags and the like to every observation in a block that does not suspend, and to the one that
 * is current: [propagateAttributes] for plain functions.
 *
 * ```
 * langfuse.propagateAttributesBlocking(userId = "u-1", sessionId = "s-1", tags = listOf("beta")) {
 *     langfuse.observationBlocking("request") { … }
 * }
 * ```
 *
 * The attributes are in force on this thread while the block runs. Values are text of at most 200 characters; a longer
 * one is dropped with a warning.
 *
 * @param asBaggage whether they are also sent to the services that are called, readable by everything on the way
 * @return what the block returns; what it throws is passed on as it is
 */
public fun <T> Langfuse.propagateAttributesBlocking(
    userId: String? = null,
    sessionId: String? = null,
    tags: List<String> = emptyList(),
    metadata: Map<String, Any?> = emptyMap(),
    version: String? = null,
    traceName: String? = null,
    environment: String? = null,
    prompt: PromptReference? = null,
    asBaggage: Boolean = false,
    block: () -> T,
): T =
    propagation(userId, sessionId, tags, metadata, version, traceName, environment, prompt, asBaggage)
        .call<T, RuntimeException>(block)

/** The same with the client in the context, see [Langfuse.current]. */
public fun <T> propagateAttributesBlocking(
    userId: String? = null,
    sessionId: String? = null,
    tags: List<String> = emptyList(),
    metadata: Map<String, Any?> = emptyMap(),
    version: String? = null,
    traceName: String? = null,
    environment: String? = null,
    prompt: PromptReference? = null,
    asBaggage: Boolean = false,
    block: () -> T,
): T =
    Langfuse.current().propagateAttributesBlocking(
        userId,
        sessionId,
        tags,
        metadata,
        version,
        traceName,
        environment,
        prompt,
        asBaggage,
        block,
    )

/**
 * Runs a block that does not suspend with this observation current, and does not end it: [makeCurrent] for plain
 * functions.
 *
 * ```
 * val answer = langfuse.observation("answer", GENERATION).start()
 * answer.makeCurrentBlocking { retrieve(question) }       // what it records are children of answer
 * answer.end()
 * ```
 *
 * @return what the block returns; what it throws is passed on as it is
 */
public fun <T> Observation.makeCurrentBlocking(block: () -> T): T = makeCurrent().use { block() }
