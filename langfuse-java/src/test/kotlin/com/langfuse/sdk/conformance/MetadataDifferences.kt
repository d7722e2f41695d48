package com.langfuse.sdk.conformance

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.node.ObjectNode

private const val BELOW = "$METADATA."
private const val MANY_KEYS = 60

internal val METADATA_DIFFERENCES =
    listOf(
        Difference("metadata that is no object", "the server drops it, so it is wrapped as {\"metadata\": value}") {
            forEachPair { expected, sent ->
                val wrapped = sent[METADATA]?.let(::parsed)?.takeIf {
                    it.names() == listOf("metadata")
                }?.get("metadata")
                val recorded = expected[METADATA]
                val isEmptyText = recorded == null && wrapped?.textValue() == "" && given("metadata").any(::isEmptyText)
                if (wrapped != null && (isEmptyText || (recorded != null && isSame(recorded, wrapped)))) {
                    expected[METADATA] = JSON.createObjectNode().set<ObjectNode>("metadata", wrapped).toString()
                }
            }
        },
        Difference("empty texts in metadata", "they are values like others") {
            forEachPair { expected, sent ->
                sent.attributes.keys
                    .filter { key -> key.startsWith(BELOW) && sent[key] == "" }
                    .filter { key -> given("metadata").any { isEmptyText(it.path(key.removePrefix(BELOW))) } }
                    .forEach { expected[it] = "" }
            }
        },
        Difference(
            "metadata of more than 60 keys",
            "is one JSON object, because the attributes of a span are limited",
        ) {
            forEachPair { expected, sent ->
                val all = sent[METADATA]?.let(::parsed)?.takeIf { it.size() > MANY_KEYS } ?: return@forEachPair
                val flat = expected.attributes.keys.filter { it.startsWith(BELOW) }
                val isWhole = flat.size == all.size() || expected.attributes.size == OTEL_LIMIT
                if (isWhole &&
                    flat.all { all[it.removePrefix(BELOW)]?.let { v -> isSame(expected[it]!!, v) } == true }
                ) {
                    flat.forEach(expected::remove)
                    expected[METADATA] = all.toString()
                }
            }
        },
    )

private const val OTEL_LIMIT = 128

private fun isEmptyText(json: JsonNode) = json.isTextual && json.textValue().isEmpty()

/** A text stands for itself or, where it is none in JSON, for what it says. */
private fun isSame(recorded: String, value: JsonNode): Boolean =
    if (value.isTextual) value.textValue() == recorded else value == parsed(recorded)
