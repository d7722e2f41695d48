package com.langfuse.sdk.conformance

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.node.ObjectNode
import java.net.URLDecoder

/** What the official SDK's run saved, its spans and traces named by where they stand now. */
internal fun recordedSaved(
    scenario: Scenario,
    recorded: List<NormalSpan>,
    now: List<NormalSpan>,
): Map<String, JsonNode> {
    val traces = traceNames(now, scenario)
    return scenario.recorded.path("saved").properties().associate { (name, value) ->
        name to
            value.mapTexts { text ->
                PLACEHOLDER.replace(text) { found ->
                    val (kind, number) = found.destructured
                    if (kind ==
                        "S"
                    ) {
                        "<S${now.indexOf(recorded[number.toInt()])}>"
                    } else {
                        "<${traces["T$number"] ?: found.value}>"
                    }
                }
            }
    }
}

/** What this run saved, its ids replaced likewise. */
internal fun ownSaved(
    scenario: Scenario,
    saved: Map<String, JsonNode>,
    spans: List<NormalSpan>,
): Map<String, JsonNode> {
    val traces = traceNames(spans, scenario).filter { (id, name) -> id != name }
    val ids =
        traces.mapValues { "<${it.value}>" } +
            spans.withIndex().mapNotNull { (i, span) -> span.origin?.let { it.spanId to "<S$i>" } }
    return saved.mapValues { (_, value) ->
        value.mapTexts { text -> ids.entries.fold(text) { all, (id, name) -> all.replace(id, name) } }
    }
}

/** Entries of baggage have no order, and each writer escapes as it likes. */
internal fun comparable(saved: Map<String, JsonNode>, tags: (String) -> String = { it }): Map<String, JsonNode> =
    saved.toSortedMap().mapValues { (_, value) ->
        val baggage = value["baggage"]?.textValue()
        if (baggage == null) {
            value
        } else {
            val entries = entries(baggage).toMutableMap().apply {
                computeIfPresent("langfuse_tags") { _, text -> tags(text) }
            }
            value.deepCopy<ObjectNode>().apply {
                replace("baggage", JSON.valueToTree(entries))
                this["traceparent"]?.let { put("traceparent", withoutRandomFlag(it.textValue())) }
            }
        }
    }

/** Ours says that its trace ids are random (W3C Trace Context, level 2), which the recorded ones did not know yet. */
private fun withoutRandomFlag(traceparent: String) = traceparent.replace(Regex("-03$"), "-01")

private fun entries(baggage: String): Map<String, String> =
    baggage.split(',').map { it.split('=', limit = 2) }.associate { decoded(it[0]) to decoded(it[1]) }

internal fun decoded(text: String): String = URLDecoder.decode(text.trim().replace("+", "%2B"), Charsets.UTF_8)

private fun JsonNode.mapTexts(change: (String) -> String): JsonNode =
    when {
        isTextual -> {
            JSON.nodeFactory.textNode(change(textValue()))
        }

        isObject -> {
            JSON.createObjectNode().also { copy ->
                properties().forEach { copy.set<JsonNode>(it.key, it.value.mapTexts(change)) }
            }
        }

        else -> {
            this
        }
    }

private val PLACEHOLDER = Regex("<([TS])(\\d+)>")
