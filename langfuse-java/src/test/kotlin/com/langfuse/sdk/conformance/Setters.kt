package com.langfuse.sdk.conformance

import com.langfuse.sdk.Generation
import com.langfuse.sdk.Observation
import com.langfuse.sdk.ObservationBuilder
import com.langfuse.sdk.ObservationLevel
import com.langfuse.sdk.Observed

private fun Fields.level(): ObservationLevel? = textOrNull("level")?.let(ObservationLevel::valueOf)

@Suppress("UNCHECKED_CAST")
private fun Fields.numbers(name: String): Map<String, Number>? = value(name) as? Map<String, Number>

/** What can be said before the start. */
internal fun ObservationBuilder<Observation>.set(attributes: Fields) {
    input(attributes.value("input"))
    output(attributes.value("output"))
    metadata(attributes.value("metadata"))
    level(attributes.level())
    statusMessage(attributes.textOrNull("statusMessage"))
    version(attributes.textOrNull("version"))
    environment(attributes.textOrNull("environment"))
    model(attributes.textOrNull("model"))
    modelParameters(textKeyed(attributes.value("modelParameters")))
    prompt(prompt(attributes.node("prompt")))
}

/** What a builder has no word for. */
internal fun Observation.setLate(attributes: Fields) {
    // JavaScript takes these for any type at run time, so the scenarios may use them with any.
    this as Generation
    usageDetails(attributes.numbers("usageDetails"))
    costDetails(attributes.numbers("costDetails"))
    completionStartTime(attributes.instant("completionStartTime"))
}

internal fun Observation.set(attributes: Fields) {
    this as Generation
    input(attributes.value("input"))
    output(attributes.value("output"))
    metadata(attributes.value("metadata"))
    level(attributes.level())
    statusMessage(attributes.textOrNull("statusMessage"))
    version(attributes.textOrNull("version"))
    environment(attributes.textOrNull("environment"))
    model(attributes.textOrNull("model"))
    modelParameters(textKeyed(attributes.value("modelParameters")))
    prompt(prompt(attributes.node("prompt")))
    setLate(attributes)
    attributes.checkUnderstood()
}

/** Wraps a function of as many arguments and calls it with them. */
internal fun Observed<Observation>.callWith(arguments: List<Any?>, body: () -> Any?): Any? {
    val (a, b, c, d) = arguments + List(MAX_ARGUMENTS) { null }
    return when (arguments.size) {
        0 -> {
            fn(Observed.Fn0<Any?, RuntimeException> { body() }).apply()
        }

        1 -> {
            fn(Observed.Fn1<Any?, Any?, RuntimeException> { _ -> body() }).apply(a)
        }

        2 -> {
            fn(Observed.Fn2<Any?, Any?, Any?, RuntimeException> { _, _ -> body() }).apply(a, b)
        }

        3 -> {
            fn(Observed.Fn3<Any?, Any?, Any?, Any?, RuntimeException> { _, _, _ -> body() }).apply(a, b, c)
        }

        MAX_ARGUMENTS -> {
            fn(Observed.Fn4<Any?, Any?, Any?, Any?, Any?, RuntimeException> { _, _, _, _ -> body() }).apply(a, b, c, d)
        }

        // A function of more arguments is wrapped as one that takes a list.
        else -> {
            fn(Observed.Fn1<Any?, Any?, RuntimeException> { _ -> body() }).apply(arguments)
        }
    }
}

private const val MAX_ARGUMENTS = 4
