package com.langfuse.sdk.conformance

import com.fasterxml.jackson.databind.JsonNode
import java.time.Instant
import java.time.format.DateTimeParseException

/** The text with every time in one form, and every text of a long number as the number that JavaScript would read. */
internal fun inOneForm(text: String): JsonNode =
    parsed(text)?.mapLeaves { leaf ->
        val number = leaf.textValue()?.takeIf(LARGE::matches)?.toDouble() ?: leaf.takeIf { it.isNumber }?.doubleValue()
        number?.let(JSON.nodeFactory::numberNode) ?: leaf.textValue()?.let(::instant) ?: leaf
    } ?: JSON.nodeFactory.textNode(text)

private fun instant(text: String): JsonNode? =
    try {
        JSON.nodeFactory.textNode(Instant.parse(text).toString())
    } catch (_: DateTimeParseException) {
        null
    }

private fun JsonNode.mapLeaves(change: (JsonNode) -> JsonNode): JsonNode =
    when {
        isObject -> {
            JSON.createObjectNode().also { copy ->
                properties().forEach { copy.set<JsonNode>(it.key, it.value.mapLeaves(change)) }
            }
        }

        isArray -> {
            JSON.createArrayNode().addAll(map { it.mapLeaves(change) })
        }

        else -> {
            change(this)
        }
    }

private val LARGE = Regex("-?\\d{16,}")
