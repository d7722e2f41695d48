package com.langfuse.sdk.local

import com.google.protobuf.CodedOutputStream
import com.google.protobuf.InvalidProtocolBufferException
import com.google.protobuf.WireFormat.WIRETYPE_END_GROUP
import com.google.protobuf.WireFormat.WIRETYPE_FIXED32
import com.google.protobuf.WireFormat.WIRETYPE_LENGTH_DELIMITED
import com.google.protobuf.WireFormat.WIRETYPE_START_GROUP
import com.google.protobuf.WireFormat.WIRETYPE_VARINT
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest

/** Bodies that no SDK writes, field by field: protobuf-java says which of them are protobuf. */
class ProtobufWireTest :
    FunSpec({

        /** An export with one span that has these fields after its ids. */
        fun spanWith(fields: CodedOutputStream.() -> Unit) =
            wire {
                message(1) {
                    message(2) {
                        message(2) {
                            writeByteArray(1, ByteArray(16) { 1 })
                            writeByteArray(2, ByteArray(8) { 2 })
                            fields()
                        }
                    }
                }
            }

        fun attribute(value: CodedOutputStream.() -> Unit) =
            spanWith {
                message(9) {
                    writeString(1, "key")
                    message(2, value)
                }
            }

        /** The same list inside of itself: messages are nested five deep before the first. */
        fun nested(lists: Int): ByteArray {
            var value = byteArrayOf()
            repeat(lists) {
                val inner = value
                value = wire { message(5) { writeByteArray(1, inner) } }
            }
            return attribute { writeRawBytes(value) }
        }

        val tag = 16 * 8 // a field that OTLP does not define, where only the wire type matters

        context("refused whole, with 400 and the reason") {
            withData<Triple<String, ByteArray, String>>(
                { it.first },
                Triple("bytes that are no protobuf", "rubbish".toByteArray(), "Not an OTLP protobuf export: "),
                Triple("a number without its bytes", spanWith { writeUInt32NoTag(7 * 8 + 1) }, "ends in the middle"),
                Triple("a text that is cut off", wire { writeRawBytes(byteArrayOf(10, 5, 1)) }, "ends in the middle"),
                Triple(
                    "a field that is longer than its message",
                    wire {
                        message(1) { writeRawBytes(byteArrayOf(26, 9, 65)) }
                        writeString(99, "what follows is long enough")
                    },
                    "ends in the middle",
                ),
                Triple("a length of 2^31 - 1", spanWith { length(3, Int.MAX_VALUE.toLong()) }, "ends in the middle"),
                Triple("a length of 2^31", spanWith { length(3, 1L shl 31) }, "length is negative"),
                Triple("a length of 2^32 - 1", spanWith { length(3, (1L shl 32) - 1) }, "length is negative"),
                Triple("a length of -1", spanWith { length(3, -1) }, "length is negative"),
                Triple("a negative length of a message", spanWith { length(9, -1) }, "length is negative"),
                Triple("a negative length of a field to skip", spanWith { length(99, -1) }, "length is negative"),
                Triple("a long message", spanWith { length(9, Int.MAX_VALUE.toLong()) }, "ends in the middle"),
                Triple("a long field to skip", spanWith { length(99, Int.MAX_VALUE.toLong()) }, "ends in the middle"),
                Triple("an integer that does not end", spanWith { writeRawBytes(endless(bytes(48))) }, "more than 10"),
                Triple("a tag that does not end", endless(byteArrayOf()), "more than 10 bytes"),
                Triple("a length that does not end", endless(byteArrayOf(10)), "more than 10 bytes"),
                Triple("an integer to skip that does not end", endless(byteArrayOf(120)), "more than 10 bytes"),
                Triple("an integer that is cut off", wire { writeRawBytes(byteArrayOf(120, -1)) }, "in the middle"),
                Triple("field number 0", spanWith { writeRawBytes(byteArrayOf(2, 0)) }, "number 0"),
                Triple("a byte of zero", spanWith { writeRawByte(0) }, "number 0"),
                Triple("wire type 6", spanWith { writeUInt32NoTag(tag + 6) }, "wire type 6"),
                Triple("wire type 7", spanWith { writeUInt32NoTag(tag + 7) }, "wire type 7"),
                Triple("wire type 7 of a field that is defined", spanWith { writeUInt32NoTag(8 + 7) }, "wire type 7"),
                Triple("the end of a group", spanWith { writeTag(99, WIRETYPE_END_GROUP) }, "has not begun"),
                Triple("that at the end", wire { writeTag(99, WIRETYPE_END_GROUP) }, "has not begun"),
                Triple("a group that does not end", spanWith { writeTag(99, WIRETYPE_START_GROUP) }, "does not end"),
                Triple(
                    "a group that ends outside of its message",
                    wire {
                        message(1) { writeTag(99, WIRETYPE_START_GROUP) }
                        writeTag(99, WIRETYPE_END_GROUP)
                    },
                    "does not end",
                ),
                Triple(
                    "a group that another ends",
                    spanWith {
                        writeTag(99, WIRETYPE_START_GROUP)
                        writeTag(98, WIRETYPE_END_GROUP)
                    },
                    "does not end",
                ),
                Triple(
                    "field number 0 in a group",
                    spanWith {
                        writeTag(99, WIRETYPE_START_GROUP)
                        writeRawByte(0)
                        writeTag(99, WIRETYPE_END_GROUP)
                    },
                    "number 0",
                ),
                Triple("groups without end", spanWith { repeat(1_000_000) { writeRawByte(99) } }, "100 deep"),
                Triple("a name that is not UTF-8", spanWith { writeByteArray(5, bytes(0xFF)) }, "not UTF-8"),
                Triple("a value that is not UTF-8", attribute { writeByteArray(1, bytes(0xC3)) }, "not UTF-8"),
                Triple("half of a pair", attribute { writeByteArray(1, bytes(0xED, 0xA0, 0x80)) }, "not UTF-8"),
                Triple("a long form", attribute { writeByteArray(1, bytes(0xC0, 0x80)) }, "not UTF-8"),
                Triple("beyond Unicode", attribute { writeByteArray(1, bytes(0xF4, 0x90, 0x80, 0x80)) }, "not UTF-8"),
                Triple(
                    "a replacement character before what is not UTF-8",
                    attribute { writeByteArray(1, "\uFFFD".toByteArray() + bytes(0x80)) },
                    "not UTF-8",
                ),
                Triple(
                    "not UTF-8 where nothing reads it",
                    spanWith { message(13) { writeByteArray(3, bytes(0xFF)) } },
                    "not UTF-8",
                ),
                Triple("not UTF-8, and a valid one after it", spanWith { twice(5, bytes(0xFF), bytes(65)) }, "UTF-8"),
                Triple("lists in lists, 48 deep", nested(48), "100 deep"),
                Triple("lists in lists, 1,000 deep", nested(1_000), "100 deep"),
            ) { (_, body, reason) ->
                shouldThrow<InvalidProtocolBufferException> { ExportTraceServiceRequest.parseFrom(body) }
                withLangfuse { langfuse, sender ->
                    sender.post(body).let {
                        it.statusCode() shouldBe 400
                        it.body() shouldContain "Not an OTLP protobuf export: "
                        it.body() shouldContain reason
                    }
                    langfuse.observations().shouldBeEmpty()
                }
            }

            test("every beginning of an export") {
                val body = export(span("x", parent = 2, attributes = mapOf("a" to listOf(1, 0.5, "text"))))
                (1 until body.size).forEach {
                    withClue("$it bytes") {
                        shouldThrow<RefusedException> { ProtobufDecoder.decode(body.copyOf(it)) }
                    }
                }
                ProtobufDecoder.decode(byteArrayOf()).shouldBeEmpty()
            }
        }

        context("taken as protobuf-java takes it") {
            withData<Pair<String, ByteArray>>(
                { it.first },
                "a known field with another wire type is skipped" to
                    spanWith {
                        writeUInt64(5, 7)
                        writeFixed64(1, 7)
                        writeString(7, "not a time")
                        writeUInt32(9, 1)
                        writeFixed32(15, 1)
                        writeString(5, "taken")
                    },
                "unknown fields of every wire type are skipped" to
                    spanWith {
                        writeUInt64(77, -1)
                        writeFixed64(78, 7)
                        writeByteArray(79, bytes(0xFF))
                        writeFixed32(80, 7)
                        writeUInt32(536_870_911, 1)
                        writeString(5, "taken")
                    },
                "a group is skipped, with groups in it" to
                    spanWith {
                        writeTag(99, WIRETYPE_START_GROUP)
                        writeString(5, "in the group")
                        writeTag(98, WIRETYPE_START_GROUP)
                        writeUInt64(1, 1)
                        writeTag(98, WIRETYPE_END_GROUP)
                        writeTag(99, WIRETYPE_END_GROUP)
                        writeString(5, "taken")
                    },
                "a group in place of a message is skipped" to
                    spanWith {
                        writeTag(15, WIRETYPE_START_GROUP)
                        writeUInt32(3, 2)
                        writeTag(15, WIRETYPE_END_GROUP)
                        writeString(5, "taken")
                    },
                "the last of several values counts" to
                    spanWith {
                        twice(5, "first".toByteArray(), "taken".toByteArray())
                        writeFixed64(7, 1)
                        writeFixed64(7, nanos(START))
                    },
                "the last counts, also when it is the default" to
                    spanWith {
                        writeString(5, "first")
                        writeString(5, "")
                        writeByteArray(4, bytes(1))
                        writeByteArray(4, byteArrayOf())
                    },
                "a message that comes twice is merged" to
                    spanWith {
                        writeString(5, "taken")
                        message(15) {
                            writeString(2, "message")
                            writeUInt32(3, 2)
                        }
                        message(15) { writeString(2, "broken") }
                        message(15) { }
                    },
                "a resource and a scope that come twice, after the spans" to
                    wire {
                        message(1) {
                            message(2) {
                                writeRawBytes(wire { message(2) { writeRawBytes(span("taken").toByteArray()) } })
                                message(1) { writeString(1, "scope") }
                                message(1) { writeString(2, "1.2") }
                            }
                            message(1) { pair(1, "service.version") { writeString(1, "1") } }
                            message(1) { pair(1, "langfuse.environment") { writeString(1, "merged") } }
                        }
                    },
                "repeated fields apart from each other go on" to
                    spanWith {
                        pair(9, "a") { writeInt64(3, 1) }
                        writeString(5, "taken")
                        pair(9, "b") { writeInt64(3, 2) }
                        message(11) { writeString(2, "event") }
                        pair(9, "a") { writeInt64(3, 3) }
                        message(11) { writeString(2, "another") }
                    },
                "the last member of a oneof counts" to
                    attribute {
                        writeString(1, "first")
                        writeInt64(3, 1)
                        writeBool(2, false)
                    },
                "a member of a oneof that is the default counts" to
                    attribute {
                        writeString(1, "first")
                        writeInt64(3, 0)
                    },
                "lists of a oneof are merged" to
                    attribute {
                        message(5) { message(1) { writeInt64(3, 1) } }
                        message(5) { message(1) { writeString(1, "two") } }
                    },
                "unless another member comes between them" to
                    attribute {
                        message(5) { message(1) { writeInt64(3, 1) } }
                        writeString(1, "between")
                        message(5) { message(1) { writeString(1, "two") } }
                    },
                "a value that comes twice in an attribute is merged" to
                    spanWith {
                        message(9) {
                            message(2) { message(6) { pair(1, "a") { writeInt64(3, 1) } } }
                            writeString(1, "key")
                            message(2) { message(6) { pair(1, "b") { writeInt64(3, 2) } } }
                        }
                    },
                "integers and lengths in ten bytes" to
                    spanWith {
                        writeTag(5, WIRETYPE_LENGTH_DELIMITED)
                        writeRawBytes(bytes(0x85, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00))
                        writeRawBytes("taken".toByteArray())
                        writeTag(6, WIRETYPE_VARINT)
                        writeRawBytes(bytes(0x83, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00))
                    },
                "flags and enums beyond those that are defined" to
                    spanWith {
                        writeString(5, "taken")
                        writeInt32(6, -1)
                        writeInt32(10, -1)
                        writeTag(16, WIRETYPE_FIXED32)
                        writeFixed32NoTag(-1)
                        message(15) { writeUInt32(3, 77) }
                    },
                "a time beyond 2^63" to
                    spanWith {
                        writeString(5, "taken")
                        writeFixed64(7, -2)
                        writeFixed64(8, -1)
                    },
                "a replacement character" to spanWith { writeString(5, "\uFFFD\u0000😀") },
                "an attribute without value, and one without key" to
                    spanWith {
                        message(9) { writeString(1, "a") }
                        message(9) { message(2) { writeString(1, "of no key") } }
                        message(9) { message(2) { } }
                    },
                "lists in lists, 47 deep" to nested(47),
            ) { (_, body) ->
                val expected = protobufJava(body)
                ProtobufDecoder.decode(body).map { it.comparable() } shouldBe expected.spans()
                expected.like(ProtobufDecoder.tree(body)) shouldBe ProtobufDecoder.tree(body)
                withLangfuse { langfuse, sender ->
                    sender.post(body).statusCode() shouldBe 200
                    langfuse.observations().map { it.name() } shouldBe expected.spans().map { it["name"] }
                }
            }
        }
    }) {
    private companion object {
        fun CodedOutputStream.message(
            number: Int,
            fields: CodedOutputStream.() -> Unit,
        ) = writeByteArray(number, wire(fields))

        fun CodedOutputStream.pair(
            number: Int,
            key: String,
            value: CodedOutputStream.() -> Unit,
        ) = message(number) {
            writeString(1, key)
            message(2, value)
        }

        fun CodedOutputStream.twice(
            number: Int,
            first: ByteArray,
            second: ByteArray,
        ) {
            writeByteArray(number, first)
            writeByteArray(number, second)
        }

        /** A length without the value. */
        fun CodedOutputStream.length(
            number: Int,
            length: Long,
        ) {
            writeTag(number, WIRETYPE_LENGTH_DELIMITED)
            writeUInt64NoTag(length)
        }

        fun endless(before: ByteArray) = before + ByteArray(20) { -1 }

        fun bytes(vararg values: Int) = ByteArray(values.size) { values[it].toByte() }
    }
}
