package com.langfuse.sdk.conformance

import com.fasterxml.jackson.databind.JsonNode

/** Both sides of one scenario, on the way to be equal. */
internal class Comparison private constructor(
    val scenario: Scenario,
    val recording: Recording,
    private val recorded: List<NormalSpan>,
    val sent: List<NormalSpan>,
) {
    /** Begins as what the official SDK sent, and becomes what is expected here. */
    val expected = recorded.toMutableList()

    /** Texts and counts are each SDK's own: only whether anything is said is compared. */
    var expectsWarning = scenario.recorded.path("logs").any { it.asInt() > 0 }

    val warnings = recording.warnings

    /** How tags are to be read that travelled as baggage. */
    var readTags: (String) -> String = { it }

    /** Expected and sent, for as long as both lists last. */
    fun pairs(): List<Pair<NormalSpan, NormalSpan>> = expected.zip(sent)

    fun forEachPair(change: (expected: NormalSpan, sent: NormalSpan) -> Unit) =
        pairs().forEach { (expected, sent) -> change(expected, sent) }

    /** A text that says the same in other words is taken over. */
    fun acceptWhere(isSame: (key: String, expected: String, sent: String) -> Boolean) =
        forEachPair { expected, sent ->
            expected.attributes.keys.toList().forEach { key ->
                val there = expected[key]
                val here = sent[key]
                if (there != null && here != null && there != here && isSame(key, there, here)) expected[key] = here
            }
        }

    /** Spans that are sent here only; what they hold is taken as it is, where they hang is not. */
    fun alsoExpect(isExtra: (NormalSpan) -> Boolean) =
        sent.forEachIndexed { i, span ->
            if (expected.getOrNull(i)?.name != span.name && isExtra(span)) expected.add(i, adopted(span))
        }

    private fun adopted(span: NormalSpan): NormalSpan {
        val copy = NormalSpan(span.origin!!.name, span.trace)
        copy.parent = span.parent?.let { expected.getOrNull(sent.indexOf(it)) }
        copy.parentText = span.parentText
        copy.kind = span.kind
        copy.scopeName = span.scopeName
        copy.scopeVersion = span.scopeVersion
        span.attributes.keys.forEach { copy.setAs(it, span) }
        return copy
    }

    /** Values of a field anywhere in the scenario's attributes. */
    fun given(field: String): List<JsonNode> = scenario.allSteps.mapNotNull { it["attrs"]?.get(field) }

    /** Values of a propagated field anywhere in the scenario. */
    fun propagated(field: String): List<JsonNode> = scenario.allSteps.mapNotNull { it["params"]?.get(field) }

    fun savedThere(): Map<String, JsonNode> = comparable(recordedSaved(scenario, recorded, expected))

    fun savedHere(): Map<String, JsonNode> = comparable(ownSaved(scenario, recording.saved, sent), readTags)

    companion object {
        fun of(scenario: Scenario, recording: Recording): Comparison {
            val recorded = recordedSpans(scenario)
            val sent = sentSpans(scenario, recording)
            val comparison =
                Comparison(
                    scenario,
                    recording,
                    if (scenario.isUnordered) recorded.sortedBy { it.path() } else recorded,
                    if (scenario.isUnordered) sent.sortedBy { it.path() } else sent,
                )
            comparison.forEachPair { expected, own ->
                // The language gives these no names.
                if (own.origin?.kindOfStep == "nest") expected.name = own.name
            }
            return comparison
        }
    }
}
