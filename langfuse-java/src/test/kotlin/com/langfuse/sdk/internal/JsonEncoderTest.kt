package com.langfuse.sdk.internal

import com.fasterxml.jackson.annotation.JsonFilter
import com.fasterxml.jackson.annotation.JsonProperty
import com.fasterxml.jackson.annotation.JsonValue
import com.fasterxml.jackson.core.JsonGenerator
import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.JsonSerializer
import com.fasterxml.jackson.databind.ObjectMapper
import com.fasterxml.jackson.databind.SerializerProvider
import com.fasterxml.jackson.databind.annotation.JsonSerialize
import com.langfuse.sdk.warningsOf
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeLessThan
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.property.arbitrary.arbitrary
import io.kotest.property.checkAll
import java.math.BigDecimal
import java.math.BigInteger
import java.net.URI
import java.nio.ByteBuffer
import java.nio.file.Path
import java.time.Duration
import java.time.Instant
import java.time.LocalDate
import java.time.LocalTime
import java.time.OffsetDateTime
import java.util.Date
import java.util.Optional
import java.util.UUID
import java.util.concurrent.TimeUnit
import kotlin.random.Random
import kotlin.time.Duration.Companion.seconds

class JsonEncoderTest :
    FunSpec({
        val encoder = JsonEncoder(QuietLog(false))

        test("null is nothing, a text is itself, never quoted") {
            encoder.encode(null).shouldBeNull()
            encoder.encode("") shouldBe ""
            encoder.encode("he said \"hi\"\n") shouldBe "he said \"hi\"\n"
            encoder.encode(StringBuilder("built")) shouldBe "built"
        }

        mapOf(
            "integer" to (42 to "42"),
            "boolean" to (true to "true"),
            "double" to (0.1 to "0.1"),
            "NaN" to (Double.NaN to "\"NaN\""),
            "infinity" to (Double.NEGATIVE_INFINITY to "\"-Infinity\""),
            "safe long" to ((1L shl 53) - 1 to "9007199254740991"),
            "long beyond JavaScript" to ((1L shl 53) to "\"9007199254740992\""),
            "big integer" to (BigInteger.TEN.pow(30) to "\"1000000000000000000000000000000\""),
            "small decimal" to (BigDecimal("1.50") to "1.50"),
            "decimal in exponent form" to (BigDecimal("1E+3") to "1000"),
            "decimal beyond a double" to (BigDecimal("0.1234567890123456789") to "\"0.1234567890123456789\""),
            "decimal that would be a gigabyte of zeros" to (BigDecimal("1E+1000000000") to "\"1E+1000000000\""),
            "instant" to (Instant.parse("2026-01-02T03:04:05.678Z") to "\"2026-01-02T03:04:05.678Z\""),
            "offset date-time" to (
                OffsetDateTime.parse(
                    "2026-01-02T03:04:05+02:00",
                ) to "\"2026-01-02T03:04:05+02:00\""
            ),
            "date" to (LocalDate.of(2026, 1, 2) to "\"2026-01-02\""),
            "time" to (LocalTime.of(3, 4, 5) to "\"03:04:05\""),
            "duration" to (Duration.ofMillis(1500) to "\"PT1.5S\""),
            "java.util.Date" to (Date(0) to "\"1970-01-01T00:00:00Z\""),
            "enum" to (TimeUnit.SECONDS to "\"SECONDS\""),
            "uuid" to (UUID(0, 1) to "\"00000000-0000-0000-0000-000000000001\""),
            "path" to (Path.of("a", "b.txt") to "\"a/b.txt\""),
            "uri" to (URI("http://localhost") to "\"http://localhost\""),
            "text bytes" to ("héllo".toByteArray() to "\"héllo\""),
            "byte buffer" to (ByteBuffer.allocate(7) to "\"<bytes 7>\""),
            "java.sql.Date" to
                (mapOf("id" to 1, "d" to java.sql.Date.valueOf("2026-01-02")) to """{"id":1,"d":"2026-01-02"}"""),
            "java.sql.Timestamp" to (java.sql.Timestamp(0) to "\"1970-01-01T00:00:00Z\""),
            "null key" to (mapOf(null to 1, "a" to 2) to """{"null":1,"a":2}"""),
            "kotlin duration" to (mapOf("d" to 5.seconds) to """{"d":"5s"}"""),
            "kotlin unsigned" to (listOf(7u) to "[7]"),
            "kotlin pair" to (("a" to 1) to """{"first":"a","second":1}"""),
            "kotlin range" to (1..3 to "\"1..3\""),
            "kotlin names" to (Odd(true, "yes", UserId("u1")) to """{"isPaid":true,"isOpen":"yes","id":"u1"}"""),
            "filtered class" to (listOf(Filtered(1), 2) to """[{"a":1},2]"""),
            "@JsonValue that throws" to
                (
                    mapOf("a" to 1, "b" to listOf(BadValue())) to
                        """{"a":1,"b":["<not readable: IllegalArgumentException>"]}"""
                ),
            "binary bytes" to (byteArrayOf(0, -1, -2) to "\"<bytes 3>\""),
            "many bytes" to (ByteArray(5000) { 'a'.code.toByte() } to "\"<bytes 5000>\""),
            "exception" to (IllegalStateException("broken") to "\"IllegalStateException: broken\""),
            "exception without message" to (IllegalStateException() to "\"IllegalStateException\""),
            "optional" to (Optional.of(1) to "1"),
            "empty optional" to (Optional.empty<Int>() to "null"),
            "list" to (listOf(1, "two", null) to """[1,"two",null]"""),
            "set" to (setOf("a") to """["a"]"""),
            "array" to (arrayOf(1, 2) to "[1,2]"),
            "int array" to (intArrayOf(1, 2) to "[1,2]"),
            "map" to (mapOf("b" to 1, "a" to mapOf("c" to null)) to """{"b":1,"a":{"c":null}}"""),
            "map with other keys" to (mapOf(1 to "x", TimeUnit.DAYS to "y") to """{"1":"x","DAYS":"y"}"""),
            "data class" to (Person("Ada", 36) to """{"name":"Ada","age":36}"""),
            "annotated class" to (Annotated("v") to """{"wire_name":"v"}"""),
            "object without fields" to (Any() to "\"<Object>\""),
            "unicode" to (listOf("日本語😀") to """["日本語😀"]"""),
            "iterator" to (ArrayList(listOf(1)).iterator() to "\"<Itr>\""),
            "data class with names that beans do not have" to (Flags(true, 1) to """{"isActive":true,"xAxis":1}"""),
        ).forEach { (name, case) ->
            test("$name becomes ${case.second.take(60)}") { encoder.encode(case.first) shouldBe case.second }
        }

        test("what belongs to the application is left unread: streams, cursors, connections") {
            val stream = listOf(1, 2).stream()
            encoder.encode(mapOf("s" to stream))!! shouldContain "<"
            stream.toList() shouldBe listOf(1, 2)
            encoder.encode(listOf(Once, Connection)) shouldBe """["<Once>","<Connection>"]"""
        }

        test("entities that all know each other end in time, and in bounds") {
            val entities = List(12) { Entity() }
            entities.forEach { it.others = entities - it }
            encoder.encode(entities[0])!!.length shouldBeLessThan 50_000_000
        }

        test("a cycle of objects is cut at the object that leads back") {
            val a = Node("a")
            a.next = Node("b").apply { next = a }
            encoder.encode(a) shouldBe """{"name":"a","next":{"name":"b","next":"<Node>"}}"""
        }

        test("a container that contains itself is cut") {
            val list = mutableListOf<Any>(1)
            list.add(list)
            encoder.encode(list) shouldBe """[1,"<ArrayList>"]"""
            val map = linkedMapOf<String, Any>("x" to 1)
            map["self"] = map
            encoder.encode(map) shouldBe """{"x":1,"self":"<LinkedHashMap>"}"""
        }

        test("the same object twice, side by side, is no cycle") {
            val shared = Person("Ada", 36)
            encoder.encode(listOf(shared, shared)) shouldBe """[{"name":"Ada","age":36},{"name":"Ada","age":36}]"""
        }

        test("100 levels are kept, the rest is cut") {
            var deep: Any = "bottom"
            repeat(1_000) { deep = listOf(deep) }
            encoder.encode(deep) shouldBe "[".repeat(100) + "\"<SingletonList>\"" + "]".repeat(100)
        }

        test("a getter that throws costs its own field, not its neighbours") {
            val json = ObjectMapper()
            val expected = json.readTree("""{"before":1,"lazy":"<not readable: IllegalStateException>","after":2}""")
            json.readTree(encoder.encode(LazyProxy())) shouldBe expected
            json.readTree(encoder.encode(listOf(LazyProxy(), 7))).toList() shouldBe listOf(expected, json.readTree("7"))
        }

        test("a list that breaks half-way keeps what was read, and its neighbours") {
            encoder.encode(mapOf("before" to 1, "rogue" to Rogue(), "after" to 2)) shouldBe
                """{"before":1,"rogue":[1,"<not readable: IllegalStateException>"],"after":2}"""
        }

        test("a value that cannot be written at all becomes a marker, with one warning") {
            val warnings =
                warningsOf {
                    repeat(3) {
                        encoder.encode(Unwritable()) shouldBe
                            "\"<not serializable object of type: Unwritable>\""
                    }
                }
            warnings.size shouldBe 1
        }

        test("a text of 10 MB is kept whole") {
            val big = "x".repeat(10_000_000)
            encoder.encode(big) shouldBe big
            encoder.encode(mapOf("big" to big))!!.length shouldBe big.length + 10
        }

        test("any object graph: no throw, valid JSON, bounded depth") {
            val json = ObjectMapper()
            checkAll(300, graphs) { graph ->
                val text = encoder.encode(graph)!!
                if (graph !is String) depth(json.readTree(text)) shouldBeLessThan Limits.DEFAULT.depth + 1
            }
        }
    }) {
    data class Person(
        val name: String,
        val age: Int,
    )

    data class Flags(
        val isActive: Boolean,
        val xAxis: Int,
    )

    class Annotated(
        @get:JsonProperty("wire_name") val value: String,
    )

    class Node(
        val name: String,
    ) {
        var next: Any? = null
    }

    class LazyProxy {
        val before: Int get() = 1
        val lazy: String get() = error("session closed")
        val after: Int get() = 2
    }

    /** A list that breaks half-way, when a part of it is written already. */
    class Rogue : AbstractList<Int>() {
        override val size = 2

        override fun get(index: Int): Int = if (index == 0) 1 else throw IllegalStateException("gone")
    }

    @JsonSerialize(using = Refusal::class)
    class Unwritable

    class Refusal : JsonSerializer<Unwritable>() {
        override fun serialize(
            value: Unwritable,
            json: JsonGenerator,
            provider: SerializerProvider,
        ): Unit = throw AssertionError("no")
    }

    @JvmInline
    value class UserId(
        val id: String,
    )

    data class Odd(
        val isPaid: Boolean,
        val isOpen: String,
        val id: UserId,
    )

    @JsonFilter("nobody configured this one")
    class Filtered(
        val a: Int,
    )

    class BadValue {
        @JsonValue fun value(): String = error("no value")
    }

    object Once : Sequence<Int> {
        override fun iterator(): Iterator<Int> = throw AssertionError("was read")
    }

    object Connection : AutoCloseable {
        val secret: String get() = throw AssertionError("was read")

        override fun close() = Unit
    }

    class Entity {
        var others: List<Entity> = emptyList()
        val name = "entity"
    }

    companion object {
        /** Random graphs of maps, lists, beans and hostile objects, with cycles. */
        private val graphs =
            arbitrary { source ->
                val random = Random(source.random.nextLong())
                val containers = mutableListOf<Any>()

                fun value(depth: Int): Any? =
                    when (random.nextInt(if (depth > 25) 6 else 12)) {
                        0 -> {
                            List(random.nextInt(20)) { random.nextInt(0x20, 0xffff).toChar() }.joinToString("")
                        }

                        1 -> {
                            random.nextInt()
                        }

                        2 -> {
                            Double.fromBits(random.nextLong())
                        }

                        3 -> {
                            null
                        }

                        4 -> {
                            LazyProxy()
                        }

                        5 -> {
                            containers.randomOrNull(random)
                        }

                        6, 7 -> {
                            Node("n").also { containers += it }.also { it.next = value(depth + 1) }
                        }

                        8, 9 -> {
                            linkedMapOf<Any?, Any?>().also { containers += it }.also { map ->
                                repeat(random.nextInt(4)) { map["k$it"] = value(depth + 1) }
                            }
                        }

                        else -> {
                            mutableListOf<Any?>().also { containers += it }.also { list ->
                                repeat(random.nextInt(4)) { list += value(depth + 1) }
                            }
                        }
                    }
                value(0) ?: "null"
            }

        private fun depth(node: JsonNode): Int = if (node.isContainerNode) {
            1 + (
                node.maxOfOrNull {
                    depth(it)
                } ?: 0
            )
        } else {
            0
        }
    }
}
