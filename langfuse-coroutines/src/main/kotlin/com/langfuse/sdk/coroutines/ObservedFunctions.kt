package com.langfuse.sdk.coroutines

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.ObservationType
import com.langfuse.sdk.ObservationType.SPAN
import com.langfuse.sdk.Observed

/**
 * The function that this reference names, observed each time it is called: arguments and result are recorded by themselves, and the caller
 * notices nothing.
 *
 * ```
 * val fetch = ::fetchPage.observed(RETRIEVER)
 * fetch("https://langfuse.com")
 * ```
 *
 * There is one for each number of arguments up to five, suspending and not. The input is an object by parameter names
 * where they are known: with `kotlin-reflect` on the class path, or by `{ inputNames("url") }`. Without names it is the one argument, or a list of several.
 *
 * The observation is a child of what is current where the function is called, and current in it. A result that is
 * still running is followed to its end: a `Flow` or `Sequence`, of which each collection is an observation, a
 * `Deferred`, and what [Observed] follows. They are handed on as they are where they are of a class of your own.
 *
 * A function without a name, such as a lambda in a variable, is given one: `observed("fetch", RETRIEVER, function)`.
 * Not for a function that needs its observation for more than input and output: there write a block.
 *
 * @param client whose observation it is; null for the one in the context of the call, see [Langfuse.current]
 * @param options what to capture, for instance `{ captureInput(false) }`
 */
@JvmName("observedSuspending0")
public fun <R> (suspend () -> R).observed(
    type: ObservationType<*> = SPAN,
    client: Langfuse? = null,
    options: (@LangfuseDsl Observed<*>).() -> Observed<*> = { this },
): suspend () -> R =
    Calls(this, type, client, options).let { { it.await { this() } } }

/** The same for one argument. */
@JvmName("observedSuspending1")
public fun <A, R> (suspend (A) -> R).observed(
    type: ObservationType<*> = SPAN,
    client: Langfuse? = null,
    options: (@LangfuseDsl Observed<*>).() -> Observed<*> = { this },
): suspend (A) -> R =
    Calls(this, type, client, options).let { { a -> it.await(a) { this(a) } } }

/** The same for two arguments. */
@JvmName("observedSuspending2")
public fun <A, B, R> (suspend (A, B) -> R).observed(
    type: ObservationType<*> = SPAN,
    client: Langfuse? = null,
    options: (@LangfuseDsl Observed<*>).() -> Observed<*> = { this },
): suspend (A, B) -> R =
    Calls(this, type, client, options).let { { a, b -> it.await(a, b) { this(a, b) } } }

/** The same for three arguments. */
@JvmName("observedSuspending3")
public fun <A, B, C, R> (suspend (A, B, C) -> R).observed(
    type: ObservationType<*> = SPAN,
    client: Langfuse? = null,
    options: (@LangfuseDsl Observed<*>).() -> Observed<*> = { this },
): suspend (A, B, C) -> R =
    Calls(this, type, client, options).let { { a, b, c -> it.await(a, b, c) { this(a, b, c) } } }

/** The same for four arguments. */
@JvmName("observedSuspending4")
public fun <A, B, C, D, R> (suspend (A, B, C, D) -> R).observed(
    type: ObservationType<*> = SPAN,
    client: Langfuse? = null,
    options: (@LangfuseDsl Observed<*>).() -> Observed<*> = { this },
): suspend (A, B, C, D) -> R =
    Calls(this, type, client, options).let { { a, b, c, d -> it.await(a, b, c, d) { this(a, b, c, d) } } }

/** The same for five arguments. */
@JvmName("observedSuspending5")
public fun <A, B, C, D, E, R> (suspend (A, B, C, D, E) -> R).observed(
    type: ObservationType<*> = SPAN,
    client: Langfuse? = null,
    options: (@LangfuseDsl Observed<*>).() -> Observed<*> = { this },
): suspend (A, B, C, D, E) -> R =
    Calls(this, type, client, options).let { { a, b, c, d, e -> it.await(a, b, c, d, e) { this(a, b, c, d, e) } } }

/** The same for no argument, not suspending. */
@JvmName("observedBlocking0")
public fun <R> (() -> R).observed(
    type: ObservationType<*> = SPAN,
    client: Langfuse? = null,
    options: (@LangfuseDsl Observed<*>).() -> Observed<*> = { this },
): () -> R =
    Calls(this, type, client, options).let { { it.call { this() } } }

/** The same for one argument, not suspending. */
@JvmName("observedBlocking1")
public fun <A, R> ((A) -> R).observed(
    type: ObservationType<*> = SPAN,
    client: Langfuse? = null,
    options: (@LangfuseDsl Observed<*>).() -> Observed<*> = { this },
): (A) -> R =
    Calls(this, type, client, options).let { { a -> it.call(a) { this(a) } } }

/** The same for two arguments, not suspending. */
@JvmName("observedBlocking2")
public fun <A, B, R> ((A, B) -> R).observed(
    type: ObservationType<*> = SPAN,
    client: Langfuse? = null,
    options: (@LangfuseDsl Observed<*>).() -> Observed<*> = { this },
): (A, B) -> R =
    Calls(this, type, client, options).let { { a, b -> it.call(a, b) { this(a, b) } } }

/** The same for three arguments, not suspending. */
@JvmName("observedBlocking3")
public fun <A, B, C, R> ((A, B, C) -> R).observed(
    type: ObservationType<*> = SPAN,
    client: Langfuse? = null,
    options: (@LangfuseDsl Observed<*>).() -> Observed<*> = { this },
): (A, B, C) -> R =
    Calls(this, type, client, options).let { { a, b, c -> it.call(a, b, c) { this(a, b, c) } } }

/** The same for four arguments, not suspending. */
@JvmName("observedBlocking4")
public fun <A, B, C, D, R> ((A, B, C, D) -> R).observed(
    type: ObservationType<*> = SPAN,
    client: Langfuse? = null,
    options: (@LangfuseDsl Observed<*>).() -> Observed<*> = { this },
): (A, B, C, D) -> R =
    Calls(this, type, client, options).let { { a, b, c, d -> it.call(a, b, c, d) { this(a, b, c, d) } } }

/** The same for five arguments, not suspending. */
@JvmName("observedBlocking5")
public fun <A, B, C, D, E, R> ((A, B, C, D, E) -> R).observed(
    type: ObservationType<*> = SPAN,
    client: Langfuse? = null,
    options: (@LangfuseDsl Observed<*>).() -> Observed<*> = { this },
): (A, B, C, D, E) -> R =
    Calls(this, type, client, options).let { { a, b, c, d, e -> it.call(a, b, c, d, e) { this(a, b, c, d, e) } } }

/**
 * [function], observed each time it is called under a name of your own. See the `observed` of a function reference,
 * which has all options. A function written in place is ambiguous, suspending or not: put it in a variable with a type.
 *
 * ```
 * val fetch = observed("fetch", RETRIEVER, ::fetchPage)
 * ```
 */
@JvmName("namedSuspending0")
public fun <R> observed(name: String, type: ObservationType<*>, function: suspend () -> R): suspend () -> R =
    Calls(function, type, name = name).let { { it.await { function() } } }

/** The same for one argument. */
@JvmName("namedSuspending1")
public fun <A, R> observed(name: String, type: ObservationType<*>, function: suspend (A) -> R): suspend (A) -> R =
    Calls(function, type, name = name).let { { a -> it.await(a) { function(a) } } }

/** The same for two arguments. */
@JvmName("namedSuspending2")
public fun <A, B, R> observed(
    name: String,
    type: ObservationType<*>,
    function: suspend (A, B) -> R,
): suspend (A, B) -> R =
    Calls(function, type, name = name).let { { a, b -> it.await(a, b) { function(a, b) } } }

/** The same for three arguments. */
@JvmName("namedSuspending3")
public fun <A, B, C, R> observed(
    name: String,
    type: ObservationType<*>,
    function: suspend (A, B, C) -> R,
): suspend (A, B, C) -> R =
    Calls(function, type, name = name).let { { a, b, c -> it.await(a, b, c) { function(a, b, c) } } }

/** The same for four arguments. */
@JvmName("namedSuspending4")
public fun <A, B, C, D, R> observed(
    name: String,
    type: ObservationType<*>,
    function: suspend (A, B, C, D) -> R,
): suspend (A, B, C, D) -> R =
    Calls(function, type, name = name).let { { a, b, c, d -> it.await(a, b, c, d) { function(a, b, c, d) } } }

/** The same for five arguments. */
@JvmName("namedSuspending5")
public fun <A, B, C, D, E, R> observed(
    name: String,
    type: ObservationType<*>,
    function: suspend (A, B, C, D, E) -> R,
): suspend (A, B, C, D, E) -> R =
    Calls(function, type, name = name).let { { a, b, c, d, e -> it.await(a, b, c, d, e) { function(a, b, c, d, e) } } }

/** The same for no argument, not suspending. */
@JvmName("namedBlocking0")
public fun <R> observed(name: String, type: ObservationType<*>, function: () -> R): () -> R =
    Calls(function, type, name = name).let { { it.call { function() } } }

/** The same for one argument, not suspending. */
@JvmName("namedBlocking1")
public fun <A, R> observed(name: String, type: ObservationType<*>, function: (A) -> R): (A) -> R =
    Calls(function, type, name = name).let { { a -> it.call(a) { function(a) } } }

/** The same for two arguments, not suspending. */
@JvmName("namedBlocking2")
public fun <A, B, R> observed(name: String, type: ObservationType<*>, function: (A, B) -> R): (A, B) -> R =
    Calls(function, type, name = name).let { { a, b -> it.call(a, b) { function(a, b) } } }

/** The same for three arguments, not suspending. */
@JvmName("namedBlocking3")
public fun <A, B, C, R> observed(name: String, type: ObservationType<*>, function: (A, B, C) -> R): (A, B, C) -> R =
    Calls(function, type, name = name).let { { a, b, c -> it.call(a, b, c) { function(a, b, c) } } }

/** The same for four arguments, not suspending. */
@JvmName("namedBlocking4")
public fun <A, B, C, D, R> observed(
    name: String,
    type: ObservationType<*>,
    function: (A, B, C, D) -> R,
): (A, B, C, D) -> R =
    Calls(function, type, name = name).let { { a, b, c, d -> it.call(a, b, c, d) { function(a, b, c, d) } } }

/** The same for five arguments, not suspending. */
@JvmName("namedBlocking5")
public fun <A, B, C, D, E, R> observed(
    name: String,
    type: ObservationType<*>,
    function: (A, B, C, D, E) -> R,
): (A, B, C, D, E) -> R =
    Calls(function, type, name = name).let { { a, b, c, d, e -> it.call(a, b, c, d, e) { function(a, b, c, d, e) } } }
