package com.langfuse.sdk.local

import com.google.protobuf.ByteString
import com.google.protobuf.CodedOutputStream
import com.google.protobuf.Descriptors.Descriptor
import com.google.protobuf.Descriptors.FieldDescriptor
import com.google.protobuf.Descriptors.FieldDescriptor.Type
import com.google.protobuf.InvalidProtocolBufferException
import com.google.protobuf.Message
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest
import java.util.HexFormat
import kotlin.io.path.listDirectoryEntries
import kotlin.io.path.name
import kotlin.io.path.readLines
import kotlin.random.Random

/** Random bodies are read as protobuf-java reads them, or refused by both. A failure names its seed. */
class ProtobufPropertyTest :
    FunSpec({

        fun random(
            times: Int,
            each: Random.() -> Unit,
        ) {
            val first = System.nanoTime()
            (first until first + times).forEach { seed -> withClue("Random($seed)") { Random(seed).each() } }
        }

        /** Ten bytes of which each says that another follows: no integer, but protobuf-java takes some as one. */
        fun ByteArray.hasEndlessInteger() = asList().windowed(10).any { ten -> ten.all { it < 0 } }

        /** Whether it was taken. */
        fun compare(body: ByteArray): Boolean =
            withClue({ HexFormat.of().formatHex(body) }) {
                val expected =
                    try {
                        protobufJava(body)
                    } catch (refused: InvalidProtocolBufferException) {
                        shouldThrow<InvalidProtocolBufferException> { ExportTraceServiceRequest.parseFrom(body) }
                        shouldThrow<RefusedException> { ProtobufDecoder.tree(body) }
                        shouldThrow<RefusedException> { ProtobufDecoder.decode(body) }
                        return@withClue false
                    }
                ExportTraceServiceRequest.parseFrom(body) // which is as strict
                val tree =
                    try {
                        ProtobufDecoder.tree(body)
                    } catch (refused: RefusedException) {
                        refused.message shouldContain "an integer has more than 10 bytes"
                        body.hasEndlessInteger() shouldBe true
                        return@withClue false
                    }
                tree shouldBe expected.like(tree)
                val spans = expected.spans()
                if (spans.any { it["traceId"] == "" || it["spanId"] == "" }) {
                    shouldThrow<RefusedException> { ProtobufDecoder.decode(body) }
                } else {
                    ProtobufDecoder.decode(body).map { it.comparable() } shouldBe spans
                }
                true
            }

        test("the schema has every message and every field of OTLP") {
            val seen = mutableSetOf<Descriptor>()

            fun check(
                ours: OtlpMessage,
                theirs: Descriptor,
            ) {
                if (!seen.add(theirs)) {
                    return
                }
                ours.isOneof shouldBe theirs.oneofs.isNotEmpty()
                theirs.oneofs.forEach { it.fields shouldBe theirs.fields }
                (0..1_000).forEach { number ->
                    val field = ours.field(number)
                    val expected = theirs.findFieldByNumber(number)
                    withClue("${theirs.name} $number") {
                        field?.name() shouldBe expected?.jsonName
                        if (field != null) {
                            field.type().name shouldBe
                                if (expected.name.endsWith("_id")) "ID" else expected.type.name
                            field.repeated() shouldBe expected.isRepeated
                            field.type().wireType shouldBe expected.liteType.wireType
                        }
                    }
                    if (expected?.type == Type.MESSAGE) {
                        check(field!!.message(), expected.messageType)
                    }
                }
            }
            check(OtlpMessage.EXPORT, ExportTraceServiceRequest.getDescriptor())
            seen.map { it.name }.toSet() shouldBe
                setOf(
                    "ExportTraceServiceRequest",
                    "ResourceSpans",
                    "Resource",
                    "EntityRef",
                    "ScopeSpans",
                    "InstrumentationScope",
                    "Span",
                    "Event",
                    "Link",
                    "Status",
                    "KeyValue",
                    "AnyValue",
                    "ArrayValue",
                    "KeyValueList",
                )
        }

        test("messages that protobuf-java writes become the same spans and the same line of JSON") {
            random(1_000) {
                val export = message(ExportTraceServiceRequest.newBuilder(), 6) as ExportTraceServiceRequest
                val body = export.toByteArray()
                compare(body) shouldBe true
                String(Json.bytes(ProtobufDecoder.tree(body))) shouldBe String(Json.bytes(export.json()))
            }
        }

        test("over the wire and on disk as well") {
            val folder = tempdir().toPath()
            val expected = mutableListOf<String>()
            withLangfuse(LocalLangfuse.builder().data(folder)) { _, sender ->
                random(50) {
                    val export = message(ExportTraceServiceRequest.newBuilder(), 6) as ExportTraceServiceRequest
                    val spans = export.spans()
                    val status = sender.post(export.toByteArray()).statusCode()
                    status shouldBe if (spans.any { it["traceId"] == "" || it["spanId"] == "" }) 400 else 200
                    if (status == 200 && spans.isNotEmpty()) {
                        expected += String(Json.bytes(export.json()))
                    }
                }
            }
            folder
                .listDirectoryEntries()
                .filter { it.name.startsWith("traces") }
                .flatMap { it.readLines() } shouldBe expected
        }

        test("fields in any order, several times, unknown or with another wire type") {
            random(2_000) { compare(wire(ExportTraceServiceRequest.getDescriptor(), 7)) shouldBe true }
        }

        test("bytes changed, lost, added, moved or cut off: both take them or both refuse them") {
            var taken = 0
            var refused = 0
            random(800) {
                val body =
                    if (nextBoolean()) {
                        message(ExportTraceServiceRequest.newBuilder(), 5).toByteArray()
                    } else {
                        wire(ExportTraceServiceRequest.getDescriptor(), 6)
                    }
                repeat(10) { if (compare(mutated(body))) taken++ else refused++ }
            }
            taken shouldBeGreaterThan 200
            refused shouldBeGreaterThan 200
        }

        test("bytes that were never protobuf") {
            random(2_000) { compare(nextBytes(nextInt(40))) }
        }
    }) {
    private companion object {
        val TEXTS =
            listOf("", "a", "langfuse.observation.input", "ü", "漢字", "😀", "\uFFFD", "\u0000\"\\\n", "x".repeat(300))
        val INTEGERS =
            listOf(0, 1, -1, 127, 128, Int.MAX_VALUE.toLong(), Int.MIN_VALUE.toLong(), 1L shl 32, Long.MIN_VALUE)
        val DOUBLES = listOf(0.0, -0.0, 0.1, 1e300, Double.MIN_VALUE, Double.NaN, 1 / 0.0, -1 / 0.0)

        fun Random.integer() = if (nextBoolean()) INTEGERS.random(this) else nextLong()

        fun Random.double() = if (nextBoolean()) DOUBLES.random(this) else Double.fromBits(nextLong())

        fun Random.bytes() = nextBytes(listOf(0, 1, 8, 8, 16, 16, 16).random(this))

        /** A message with any of its fields, `depth` deep at most. */
        fun Random.message(
            builder: Message.Builder,
            depth: Int,
        ): Message {
            builder.descriptorForType.fields.forEach { field ->
                val nested = field.type == Type.MESSAGE
                val left = nextInt(3) == 0 && !field.name.endsWith("_id")
                if (left || (nested && depth == 0)) {
                    return@forEach
                }
                val value = { if (nested) message(builder.newBuilderForField(field), depth - 1) else scalar(field) }
                if (field.isRepeated) {
                    repeat(nextInt(3)) { builder.addRepeatedField(field, value()) }
                } else {
                    builder.setField(field, value())
                }
            }
            return builder.build()
        }

        fun Random.scalar(field: FieldDescriptor): Any =
            when (field.type) {
                Type.ENUM -> field.enumType.findValueByNumberCreatingIfUnknown(integer().toInt())
                Type.BYTES -> ByteString.copyFrom(bytes())
                Type.STRING -> TEXTS.random(this)
                Type.BOOL -> nextBoolean()
                Type.DOUBLE -> double()
                Type.INT64, Type.FIXED64 -> integer()
                else -> integer().toInt()
            }

        /** Fields of a message as no encoder writes them; protobuf takes all of them. */
        fun Random.wire(
            type: Descriptor,
            depth: Int,
        ): ByteArray {
            val random = this
            return wire {
                type.fields.filter { it.name.endsWith("_id") }.forEach { writeByteArray(it.number, bytes()) }
                repeat(nextInt(7)) {
                    val field = type.fields.random(random)
                    when (nextInt(8)) {
                        0 -> {
                            unknown(this, nextInt(1, 20), type, 3)
                        }

                        1 -> {
                            unknown(this, nextInt(1, 1 shl 29), type, 3)
                        }

                        else -> {
                            if (field.type != Type.MESSAGE) {
                                known(this, field)
                            } else if (depth > 0) {
                                writeByteArray(field.number, wire(field.messageType, depth - 1))
                            }
                        }
                    }
                }
            }
        }

        fun Random.known(
            out: CodedOutputStream,
            field: FieldDescriptor,
        ) {
            out.writeTag(field.number, field.liteType.wireType)
            when (field.type) {
                Type.STRING -> out.writeStringNoTag(TEXTS.random(this))
                Type.BYTES -> out.writeByteArrayNoTag(bytes())
                Type.FIXED64 -> out.writeFixed64NoTag(integer())
                Type.DOUBLE -> out.writeDoubleNoTag(double())
                Type.FIXED32 -> out.writeFixed32NoTag(integer().toInt())
                else -> out.writeUInt64NoTag(integer())
            }
        }

        /** A field that the message does not have, or not with this wire type. */
        fun Random.unknown(
            out: CodedOutputStream,
            number: Int,
            type: Descriptor,
            depth: Int,
        ) {
            val known = type.findFieldByNumber(number)?.liteType?.wireType
            val others = listOf(0, 1, 2, 5, 3).take(if (depth > 0) 5 else 4)
            val wireType = others.filter { it != known }.random(this)
            out.writeTag(number, wireType)
            when (wireType) {
                0 -> {
                    out.writeUInt64NoTag(integer())
                }

                1 -> {
                    out.writeFixed64NoTag(nextLong())
                }

                2 -> {
                    out.writeByteArrayNoTag(nextBytes(nextInt(5)))
                }

                5 -> {
                    out.writeFixed32NoTag(nextInt())
                }

                else -> {
                    repeat(nextInt(3)) { unknown(out, nextInt(1, 20), type, depth - 1) }
                    out.writeTag(number, 4)
                }
            }
        }

        fun Random.mutated(body: ByteArray): ByteArray {
            var bytes = body
            repeat(nextInt(1, 4)) {
                val at = nextInt(bytes.size + 1)
                val to = minOf(bytes.size, at + nextInt(4))
                bytes =
                    when (nextInt(6)) {
                        0 -> bytes.copyOf(at)
                        1 -> bytes.copyOfRange(0, at) + bytes.copyOfRange(to, bytes.size)
                        2 -> bytes.copyOfRange(0, at) + nextBytes(nextInt(4)) + bytes.copyOfRange(at, bytes.size)
                        3 -> bytes + bytes.copyOfRange(at, bytes.size)
                        4 -> bytes.copyOf().also { if (at < it.size) it[at] = nextInt().toByte() }
                        else -> bytes.copyOf().also { if (at < it.size) it[at]++ }
                    }
            }
            return bytes
        }
    }
}
