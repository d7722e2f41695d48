package com.langfuse.sdk.conformance

import com.fasterxml.jackson.databind.JsonNode
import java.security.MessageDigest
import java.time.Instant
import java.time.format.DateTimeParseException
import java.util.Base64

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

/** The text as it would read if its base64 data URIs had been uploaded. */
internal fun mediaReferences(text: String): String =
    DATA_URI.replace(text) { found ->
        val (type, data) = found.destructured
        val hash = MessageDigest.getInstance("SHA-256").digest(Base64.getDecoder().decode(data))
        val id = Base64.getUrlEncoder().encodeToString(hash).take(ID_LENGTH)
        "@@@langfuseMedia:type=$type|id=$id|source=base64_data_uri@@@"
    }

private const val ID_LENGTH = 22
private val LARGE = Regex("-?\\d{16,}")
private val DATA_URI = Regex("data:([\\w.+-]+/[\\w.+-]+);base64,([A-Za-z0-9+/]+={0,2})")
