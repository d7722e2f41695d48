package com.langfuse.sdk.conformance

import com.fasterxml.jackson.core.JsonProcessingException
import com.fasterxml.jackson.databind.DeserializationFeature
import com.fasterxml.jackson.databind.JsonNode
import com.google.protobuf.ByteString
import io.opentelemetry.proto.common.v1.AnyValue
import io.opentelemetry.proto.common.v1.KeyValue
import io.opentelemetry.proto.trace.v1.Span
import java.time.Instant
import java.time.ZoneOffset
import java.time.format.DateTimeFormatter
import java.util.HexFormat
import java.util.TreeMap

/** A span without clock and made-up ids. */
internal class NormalSpan(var name: String, var trace: String) {
    /** Null where the parent is not among the spans. */
    var parent: NormalSpan? = null

    /** Else what is known of it: an id of the scenario, or that it was not exported. */
    var parentText: String? = null
    var kind = "INTERNAL"
    var scopeName = ""
    var scopeVersion: String? = null
    val attributes = TreeMap<String, JsonNode>()
    val types = TreeMap<String, String>()
    var statusCode = "UNSET"
    var statusMessage: String? = null
    var events = emptyList<JsonNode>()
    var links = emptyList<JsonNode>()
    var start: String? = null
    var end: String? = null

    /** Only of a span that was really sent. */
    var origin: Started? = null

    operator fun get(key: String): String? = attributes[key]?.textValue()

    operator fun set(key: String, value: String) {
        attributes[key] = JSON.nodeFactory.textNode(value)
        types.remove(key)
    }

    fun setAs(key: String, other: NormalSpan) {
        other.attributes[key]?.let { attributes[key] = it } ?: attributes.remove(key)
        other.types[key]?.let { types[key] = it } ?: types.remove(key)
    }

    fun remove(key: String) {
        attributes.remove(key)
        types.remove(key)
    }

    fun ancestors(): Sequence<NormalSpan> = generateSequence(parent) { it.parent }

    /** Where it stands, for spans that were started in no order. */
    fun path(): String = (ancestors().toList().reversed() + this).joinToString("/") { it.name + it.attributes }
}

/** The recorded spans of the official SDK. */
internal fun recordedSpans(scenario: Scenario): List<NormalSpan> {
    val spans = scenario.recorded.path("spans").map(::recordedSpan)
    scenario.recorded.path("spans").zip(spans).forEach { (json, span) ->
        val parent = json["parent"]
        if (parent.isInt) span.parent = spans[parent.intValue()] else span.parentText = parent.textValue()
    }
    return spans
}

private fun recordedSpan(json: JsonNode): NormalSpan =
    NormalSpan(json["name"].asText(), json["trace"].asText()).apply {
        kind = json["kind"].asText()
        scopeName = json["scope"]["name"].asText()
        scopeVersion = json["scope"]["version"]?.textValue()
        json["attributes"].properties().forEach { attributes[it.key] = it.value }
        json["nonStringAttributes"].properties().forEach { types[it.key] = it.value.asText() }
        statusCode = json["status"]["code"].asText()
        statusMessage = json["status"]["message"]?.textValue()
        events = json["events"].toList()
        links = json["links"].toList()
        start = json["start"]?.textValue()
        end = json["end"]?.textValue()
    }

/** The spans that were sent, in the order in which the scenario started them. */
internal fun sentSpans(scenario: Scenario, recording: Recording): List<NormalSpan> {
    val order = recording.started.withIndex().associate { it.value.spanId to it.index }
    val sent =
        recording.export
            .flatMap { it.resourceSpansList }
            .flatMap { it.scopeSpansList }
            .flatMap { group ->
                group.spansList.map {
                    it to
                        sentSpan(scenario, it, group.scope.name, group.scope.version)
                }
            }
            .sortedBy { (span, _) -> checkNotNull(order[span.spanId.hex()]) { "Nobody started ${span.name}" } }
    val byId = sent.associate { (span, normal) -> span.spanId.hex() to normal }
    sent.forEach { (span, normal) ->
        val parentId = span.parentSpanId.hex()
        normal.origin = recording.started[order.getValue(span.spanId.hex())]
        normal.parent = byId[parentId]
        normal.parentText =
            when {
                parentId.isEmpty() || normal.parent != null -> null
                scenario.names(parentId) -> parentId
                else -> "not-exported"
            }
    }
    return sent.map { it.second }
}

private fun sentSpan(scenario: Scenario, span: Span, scope: String, version: String): NormalSpan =
    NormalSpan(span.name, span.traceId.hex()).apply {
        kind = span.kind.name.removePrefix("SPAN_KIND_")
        scopeName = scope
        scopeVersion = version.ifEmpty { null }
        span.attributesList.forEach {
            attributes[it.key] = json(it.value)
            type(it.value)?.let { type -> types[it.key] = type }
        }
        statusCode = span.status.code.name.removePrefix("STATUS_CODE_")
        statusMessage = span.status.message.ifEmpty { null }
        events = span.eventsList.map { event(it.name, it.attributesList) }
        links = span.linksList.map { JSON.createObjectNode().put("span", it.spanId.hex()) }
        if (attributes["langfuse.observation.type"]?.textValue() == "event") {
            check(span.startTimeUnixNano == span.endTimeUnixNano) { "The event ${span.name} takes time" }
        }
        if (scenario.hasTimes) {
            start = time(span.startTimeUnixNano)
            end = time(span.endTimeUnixNano)
        }
    }

/** Without the stack trace, which names lines of this program. */
private fun event(name: String, attributes: List<KeyValue>): JsonNode {
    val event = JSON.createObjectNode().put("name", name)
    val sorted = attributes.filter { it.key != "exception.stacktrace" }.sortedBy { it.key }
    sorted.forEach { event.withObject("/attributes").set<JsonNode>(it.key, json(it.value)) }
    return event
}

private fun json(value: AnyValue): JsonNode =
    when (value.valueCase) {
        AnyValue.ValueCase.STRING_VALUE -> JSON.nodeFactory.textNode(value.stringValue)
        AnyValue.ValueCase.BOOL_VALUE -> JSON.nodeFactory.booleanNode(value.boolValue)
        AnyValue.ValueCase.INT_VALUE -> JSON.nodeFactory.numberNode(value.intValue)
        AnyValue.ValueCase.DOUBLE_VALUE -> JSON.nodeFactory.numberNode(value.doubleValue)
        AnyValue.ValueCase.ARRAY_VALUE -> JSON.createArrayNode().addAll(value.arrayValue.valuesList.map(::json))
        else -> error("Unknown value on the wire: $value")
    }

private fun type(value: AnyValue): String? =
    when (value.valueCase) {
        AnyValue.ValueCase.STRING_VALUE -> null
        AnyValue.ValueCase.BOOL_VALUE -> "bool"
        AnyValue.ValueCase.INT_VALUE -> "int"
        AnyValue.ValueCase.DOUBLE_VALUE -> "double"
        else -> "array<${value.arrayValue.valuesList.firstOrNull()?.let { type(it) ?: "string" }.orEmpty()}>"
    }

private fun ByteString.hex(): String = HexFormat.of().formatHex(toByteArray())

private fun time(nanos: Long): String = MILLIS.format(Instant.ofEpochSecond(0, nanos))

/** Spans and saved values as text to compare, with ids as the files write them. */
internal fun render(spans: List<NormalSpan>, scenario: Scenario): Map<String, JsonNode> {
    val position = spans.withIndex().associate { it.value to it.index }
    val traces = traceNames(spans, scenario)
    return spans.associate { span ->
        val json = JSON.createObjectNode().put("i", position[span]).put("name", span.name)
        json.put("trace", traces[span.trace])
        when (val parent = span.parent) {
            null -> json.put("parent", span.parentText)
            else -> json.put("parent", checkNotNull(position[parent]))
        }
        json.put("kind", span.kind)
        json.putObject("scope").put("name", span.scopeName).put("version", span.scopeVersion)
        val attributes = json.putObject("attributes")
        span.attributes.forEach { (key, value) -> attributes.set<JsonNode>(key, comparable(key, value)) }
        val types = json.putObject("nonStringAttributes")
        span.types.forEach(types::put)
        json.putObject("status").put("code", span.statusCode).put("message", span.statusMessage)
        json.putArray("events").addAll(span.events)
        json.putArray("links").addAll(span.links)
        "span ${position[span]} '${span.name}'" to json.put("start", span.start).put("end", span.end)
    }
}

/** T0, T1, … by first appearance, or the id the scenario chose. */
internal fun traceNames(spans: List<NormalSpan>, scenario: Scenario): Map<String, String> {
    val names = LinkedHashMap<String, String>()
    spans.map { it.trace }.distinct().forEach { trace ->
        val chosen = !MADE_UP.matches(trace) && scenario.names(trace)
        names[trace] = if (chosen) trace else "T${names.values.count(MADE_UP::matches)}"
    }
    return names
}

private fun comparable(key: String, value: JsonNode): JsonNode {
    val json = if (holdsJson(key) && value.isTextual) parsed(value.textValue()) else null
    return if (json == null) value else JSON.nodeFactory.textNode(canonical(json).toString())
}

/** Input, output, metadata and what a model is told and costs; every other text is compared as it is. */
internal fun holdsJson(key: String) = JSON_KEYS.any { key == it || key.startsWith("$it.") }

internal fun parsed(text: String): JsonNode? =
    try {
        STRICT.readTree(text).takeUnless { it.isMissingNode }
    } catch (_: JsonProcessingException) {
        null
    }

/** 2, 2.0 and 2e0 are one number. */
private fun canonical(json: JsonNode): JsonNode =
    when {
        json.isObject -> {
            JSON.createObjectNode().apply { json.properties().forEach { set<JsonNode>(it.key, canonical(it.value)) } }
        }

        json.isArray -> {
            JSON.createArrayNode().addAll(json.map(::canonical))
        }

        json.isNumber -> {
            JSON.nodeFactory.numberNode(json.doubleValue())
        }

        else -> {
            json
        }
    }

private val MILLIS = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC)
private val MADE_UP = Regex("T\\d+")
private val STRICT = JSON.reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
private val JSON_KEYS =
    listOf("input", "output", "metadata", "model.parameters", "usage_details", "cost_details", "completion_start_time")
        .map { "langfuse.observation.$it" } + listOf("langfuse.trace.input", "langfuse.trace.output")
