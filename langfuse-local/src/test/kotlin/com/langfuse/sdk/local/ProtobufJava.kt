package com.langfuse.sdk.local

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.node.JsonNodeFactory
import com.google.protobuf.ByteString
import com.google.protobuf.CodedOutputStream
import com.google.protobuf.Descriptors.EnumValueDescriptor
import com.google.protobuf.Descriptors.FieldDescriptor
import com.google.protobuf.Descriptors.FieldDescriptor.Type
import com.google.protobuf.DynamicMessage
import com.google.protobuf.Message
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest
import io.opentelemetry.proto.common.v1.AnyValue
import io.opentelemetry.proto.common.v1.KeyValue
import io.opentelemetry.proto.trace.v1.Span
import java.io.ByteArrayOutputStream
import java.util.HexFormat

private val NODES = JsonNodeFactory.instance

/** A message by its fields, whatever they are. */
fun wire(fields: CodedOutputStream.() -> Unit): ByteArray =
    ByteArrayOutputStream()
        .also { out -> CodedOutputStream.newInstance(out).apply(fields).flush() }
        .toByteArray()

/**
 * How protobuf-java reads an export: what [ProtobufDecoder] is compared with. By way of a dynamic message, because the
 * builder of a generated one forgets no list when another member of its oneof comes, as all other readers do.
 */
fun protobufJava(body: ByteArray): ExportTraceServiceRequest {
    val dynamic = DynamicMessage.parseFrom(ExportTraceServiceRequest.getDescriptor(), body)
    return ExportTraceServiceRequest.parseFrom(dynamic.toByteArray())
}

/** In OTLP's JSON mapping, in the order of the fields' numbers. */
fun Message.json(): JsonNode = like(NODES.objectNode())

/** With those fields that have their default and are written in another tree. */
fun Message.like(other: JsonNode): JsonNode {
    val json = NODES.objectNode()
    descriptorForType.fields.sortedBy { it.number }.forEach { field ->
        val theirs = other.path(field.jsonName)
        val value = getField(field)
        if (field.isRepeated) {
            val items = value as List<*>
            if (items.isNotEmpty()) {
                json.putArray(field.jsonName).addAll(items.mapIndexed { i, it -> jsonOf(field, it!!, theirs.path(i)) })
            }
        } else if (if (field.hasPresence()) hasField(field) else field in allFields || !theirs.isMissingNode) {
            json.set<JsonNode>(field.jsonName, jsonOf(field, value, theirs))
        }
    }
    return json
}

private fun jsonOf(
    field: FieldDescriptor,
    value: Any,
    theirs: JsonNode,
): JsonNode =
    when (field.type) {
        Type.MESSAGE -> (value as Message).like(theirs)

        Type.ENUM -> NODES.numberNode((value as EnumValueDescriptor).number)

        Type.BYTES -> (value as ByteString).toByteArray().let {
            if (field.name.endsWith("_id")) NODES.textNode(hex(it)) else NODES.binaryNode(it)
        }

        Type.INT64 -> NODES.textNode(value.toString())

        Type.FIXED64 -> NODES.textNode((value as Long).toULong().toString())

        Type.INT32 -> NODES.numberNode(value as Int)

        Type.UINT32, Type.FIXED32 -> NODES.numberNode((value as Int).toUInt().toLong())

        Type.BOOL -> NODES.booleanNode(value as Boolean)

        Type.STRING -> NODES.textNode(value as String)

        Type.DOUBLE -> (value as Double).let { if (it.isFinite()) NODES.numberNode(it) else NODES.textNode("$it") }

        else -> error("OTLP has no ${field.type}: $field")
    }

private fun hex(bytes: ByteArray) = HexFormat.of().formatHex(bytes)

/** All that is read of each span. */
fun ExportTraceServiceRequest.spans(): List<Map<String, Any?>> =
    resourceSpansList.flatMap { resource ->
        resource.scopeSpansList.flatMap { scope ->
            scope.spansList.map { span ->
                span.comparable() +
                    mapOf(
                        "resource" to comparable(resource.resource.attributesList),
                        "scope" to listOf(scope.scope.name, scope.scope.version),
                    )
            }
        }
    }

private fun Span.comparable() =
    mapOf(
        "traceId" to hex(traceId.toByteArray()),
        "spanId" to hex(spanId.toByteArray()),
        "parentId" to if (parentSpanId.isEmpty) null else hex(parentSpanId.toByteArray()),
        "name" to name,
        "start" to startTimeUnixNano,
        "end" to endTimeUnixNano,
        "attributes" to comparable(attributesList),
        "events" to eventsList.map { it.name to comparable(it.attributesList) },
        "status" to (listOf("UNSET", "OK", "ERROR").getOrNull(status.codeValue) ?: "UNSET"),
        "statusMessage" to status.message,
    )

private fun comparable(pairs: List<KeyValue>): Map<String, Any> {
    val map = LinkedHashMap<String, Any>()
    pairs.forEach { pair -> comparable(pair.value)?.let { map[pair.key] = it } }
    return map
}

private fun comparable(value: AnyValue): Any? =
    when (value.valueCase) {
        AnyValue.ValueCase.STRING_VALUE -> value.stringValue
        AnyValue.ValueCase.BOOL_VALUE -> value.boolValue
        AnyValue.ValueCase.INT_VALUE -> value.intValue
        AnyValue.ValueCase.DOUBLE_VALUE -> comparable(value.doubleValue)
        AnyValue.ValueCase.BYTES_VALUE -> comparable(value.bytesValue.toByteArray())
        AnyValue.ValueCase.ARRAY_VALUE -> value.arrayValue.valuesList.mapNotNull { comparable(it) }
        AnyValue.ValueCase.KVLIST_VALUE -> comparable(value.kvlistValue.valuesList)
        else -> null
    }

/** The same of a span that this library has read. */
internal fun ReceivedSpan.comparable(): Map<String, Any?> =
    mapOf(
        "traceId" to traceId(),
        "spanId" to spanId(),
        "parentId" to parentId(),
        "name" to name(),
        "start" to startNanos(),
        "end" to endNanos(),
        "attributes" to comparable(attributes().values()),
        "events" to events().map { it.name() to comparable(it.attributes()) },
        "status" to status(),
        "statusMessage" to statusMessage(),
        "resource" to comparable(origin().resource().values()),
        "scope" to listOf(origin().scopeName(), origin().scopeVersion()),
    )

/** Arrays are equal only to themselves, and NaN to nothing. */
private fun comparable(value: Any): Any =
    when (value) {
        is ByteArray -> "bytes" to value.toList()
        is Double -> "double" to value.toString()
        is List<*> -> value.map { comparable(it!!) }
        is Map<*, *> -> value.entries.associateTo(LinkedHashMap()) { it.key to comparable(it.value!!) }
        else -> value
    }
