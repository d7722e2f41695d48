package com.langfuse.sdk.internal

import com.fasterxml.jackson.databind.ObjectMapper
import com.langfuse.sdk.DEADLINE
import com.langfuse.sdk.LangfuseBuilder
import com.langfuse.sdk.Mask
import com.langfuse.sdk.Observation
import com.langfuse.sdk.export.SpanFilter
import com.langfuse.sdk.media.LangfuseMedia
import com.langfuse.sdk.withLangfuse
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeInRange
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldEndWith
import io.kotest.matchers.string.shouldStartWith
import io.kotest.property.Arb
import io.kotest.property.RandomSource
import io.kotest.property.arbitrary.arbitrary
import io.kotest.property.arbitrary.list
import io.kotest.property.arbitrary.of
import io.kotest.property.arbitrary.string
import io.kotest.property.checkAll
import io.opentelemetry.api.common.AttributeType
import io.opentelemetry.context.Context
import io.opentelemetry.sdk.trace.ReadWriteSpan
import io.opentelemetry.sdk.trace.ReadableSpan
import io.opentelemetry.sdk.trace.SpanProcessor
import java.math.BigDecimal
import java.math.BigInteger
import java.net.URI
import java.time.Duration
import java.time.Instant
import java.time.LocalDate
import java.time.LocalDateTime
import java.time.OffsetDateTime
import java.util.Collections
import java.util.Date
import java.util.LinkedList
import java.util.Optional
import java.util.Properties
import java.util.TreeMap
import java.util.UUID
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.atomic.AtomicInteger

/** JSON that is written when the span leaves is the JSON that would have been written at once. */
class SnapshotTest :
    FunSpec({
        val encoder = JsonEncoder(QuietLog(false))

        fun later(value: Any) = encoder.later(value)?.value

        val alike =
            mapOf(
                "numbers" to listOf(1, 2L, 3.5, 4.5f, 1.toShort(), 1.toByte(), Long.MAX_VALUE, Double.NaN, -0.0),
                "times" to listOf(
                    OffsetDateTime.parse("2026-01-01T00:00:00+02:00"),
                    LocalDateTime.of(2026, 1, 1, 0, 0),
                ),
                "half characters" to listOf("\ud800", "\udc00", "a\ud800 b", "?", "é\ud800", "🎈\udf88"),
                "half characters alone" to "🎈".toList(),
                "half characters among others" to
                    mapOf("\ud800 k" to listOf(Shapes.Message("\udc00", null, 1), doubleArrayOf(1.5), Long.MAX_VALUE)),
                "much that JSON escapes" to listOf("\u0001".repeat(10_000), "\"\\".repeat(3_000)),
                "long numbers" to DoubleArray(100) { -1.2345678901234567E-300 },
                "texts" to listOf("", "\u0000\u001f\"\\/\u2028é漢🎈", "\ud800 half", 'c', "\u007f"),
                "what has a text" to
                    listOf(UUID(1, 2), Instant.EPOCH, Duration.ofMillis(1500), LocalDate.EPOCH),
                "nothing" to listOf(null, emptyList<Any>(), emptyMap<String, Any>(), listOf<Any?>(null)),
                "maps" to mapOf("a" to mapOf("b" to null, "" to 1), "c" to TreeMap(mapOf("z" to 1, "a" to 2))),
                "the JDK's collections" to
                    listOf(
                        LinkedList(listOf(1)),
                        setOf(1),
                        Collections.unmodifiableMap(mutableMapOf("k" to 1)),
                        Collections.synchronizedList(mutableListOf(1)),
                        CopyOnWriteArrayList(listOf("x")),
                        ConcurrentHashMap(mapOf("k" to "v")),
                        Properties().apply { setProperty("k", "v") },
                        java.util.List.of("x", "y").subList(1, 2),
                    ),
                "arrays" to
                    listOf(
                        arrayOf("a", null),
                        arrayOf<Any>(1, arrayOf(2)),
                        arrayOf(Shapes.Message("r", "c", 1)),
                        doubleArrayOf(1.0, Double.NaN),
                        floatArrayOf(0.1f),
                        intArrayOf(1),
                        longArrayOf(Long.MAX_VALUE),
                    ),
                "a record" to Shapes.Message("user", "hi", 0),
                "records in records" to
                    Shapes.Chat("m", listOf(Shapes.Message("user", "hi", 0)), mapOf("t" to 0.5), doubleArrayOf(0.1)),
                "odd names" to Shapes.OddNames(true, "t", "u", 1, "a", 2),
                "generic records" to Shapes.Generic<Any>(listOf(1), arrayOf("x")),
                "a record that is not public" to Shapes.NotPublic("x"),
                "a record without a value" to Shapes.Message("user", null, 0),
                "enums" to listOf(Shapes.Plain.ONE, Shapes.Plain.TWO, Thread.State.NEW),
                "Kotlin's collections" to
                    listOf(listOf(1, 2), listOf("one"), mapOf("k" to "v"), arrayListOf(1), sortedSetOf(2, 1)),
                "a number" to 42,
            )

        alike.forEach { (name, value) ->
            test("$name: the same text, later") {
                later(value).shouldNotBeNull() shouldBe encoder.encode(value)
            }
        }

        val different =
            mapOf(
                "a bean" to Bean("b"),
                "a builder" to StringBuilder("b"),
                "a date" to Date(0),
                "a counter" to AtomicInteger(1),
                "a large number" to BigInteger.TEN.pow(40),
                "a decimal" to BigDecimal("1.50"),
                "an address" to URI("a:b"),
                "a component hidden from beans" to Shapes.Transient("x"),
                "components in another order" to Shapes.Reordered("x", "y"),
                "a record that writes itself" to Shapes.Own("x"),
                "a component of a type that is ignored" to Shapes.OfIgnored(null, "x"),
                "an optional" to Optional.of(1),
                "a pair" to (1 to 2),
                "a JSON tree" to ObjectMapper().createObjectNode().put("k", "v"),
                "a map of the application's" to Named(),
                "bytes" to byteArrayOf(1),
                "a map with other keys" to mapOf(1 to 2),
                "a map with a null key" to mapOf<String?, Int>(null to 1),
                "a file" to LangfuseMedia.of(byteArrayOf(1), "image/png"),
                "a failing record" to Shapes.Failing("x"),
                "a record with a getter" to Shapes.WithGetter("x"),
                "a record with an inherited getter" to Shapes.WithInheritedGetter("x"),
                "a renamed component" to Shapes.Renamed("x"),
                "a hidden component" to Shapes.Hiding("x", "y"),
                "a record whose interface names its type" to Shapes.OfType("x"),
                "a bundle of annotations" to Shapes.Bundled("x"),
                "a record to close" to Shapes.Closing("x"),
                "an enum with a say" to Shapes.Written.ONE,
                "a cycle" to mutableListOf<Any>().apply { add(this) },
                "a deep one" to (1..100).fold<Int, Any>("x") { inner, _ -> listOf(inner) },
                "a large one" to List(60_000) { "x" },
                "a large array" to DoubleArray(60_000),
                "a list that throws" to Collections.unmodifiableList(Hostile()),
                "a map with fewer entries than it says" to Collections.unmodifiableMap(Miscounting(2)),
                "a map with more entries than it says" to Collections.unmodifiableMap(Miscounting(0)),
            )

        different.forEach { (name, value) ->
            test("$name is written at once, alone and inside") {
                encoder.later(value).shouldBeNull()
                encoder.later(listOf(mapOf("k" to value))).shouldBeNull()
            }
        }

        test("whatever they are made of") {
            val texts = Arb.string(0..20)

            fun value(
                random: RandomSource,
                depth: Int,
            ): Any? =
                when (random.random.nextInt(if (depth > 4) 7 else 13)) {
                    0 -> null

                    1 -> texts.sample(random).value

                    2 -> random.random.nextLong()

                    3 -> random.random.nextDouble()

                    4 -> random.random.nextBoolean()

                    5 -> Shapes.Plain.entries.random(random.random)

                    6 -> Instant.ofEpochMilli(random.random.nextLong(4_000_000_000_000))

                    7 -> List(random.random.nextInt(4)) { value(random, depth + 1) }

                    8 -> Array(random.random.nextInt(4)) { value(random, depth + 1) }

                    9 -> Shapes.Generic<Any?>(value(random, depth + 1), arrayOf(value(random, depth + 1)))

                    10 -> setOf(texts.sample(random).value, random.random.nextInt())

                    else -> List(random.random.nextInt(4)) {
                        texts.sample(random).value to value(random, depth + 1)
                    }.toMap()
                }
            var taken = 0
            checkAll(2_000, arbitrary { value(it, 0) }) { value ->
                val later = if (value == null) null else later(value)
                if (later != null) {
                    later shouldBe encoder.encode(value)
                    taken++
                }
            }
            taken shouldBeGreaterThan 1_000
        }

        test("texts of what JSON escapes, in any place") {
            val parts = listOf("\u0000", "\u001f", " ", "!", "\"", "#", "?", "\\", "a", "\u007f", "\u0080", "é", "漢")
            val halves = listOf("\ud83c", "\udf88")
            checkAll(5_000, Arb.list(Arb.of(parts + parts + halves), 0..40)) { text ->
                val value = listOf(text.joinToString(""))
                later(value) shouldBe encoder.encode(value)
            }
        }

        test("half a character among ASCII is an escape, written at once or later") {
            val halves = listOf("a\ud800", "?")
            encoder.encode(halves) shouldBe "[\"a\\ud800\",\"?\"]"
            later(halves) shouldBe encoder.encode(halves)
        }

        test("what is done to a value afterwards does not show") {
            val list = mutableListOf<Any>(1)
            val map = mutableMapOf<String, Any>("list" to list)
            val array = arrayOf<Any>(map)
            val numbers = doubleArrayOf(1.0)
            val record = Shapes.Chat("m", mutableListOf(), map, numbers)
            val taken = encoder.later(listOf(array, record)).shouldNotBeNull()
            val before = encoder.encode(listOf(array, record))
            list.add(2)
            map["more"] = 3
            array[0] = 4
            numbers[0] = 5.0
            taken.value shouldBe before
        }

        test("it is weighed as the memory holds it, and not taken where that is much more than its text") {
            val prose = listOf("x".repeat(1_000), mapOf("k" to "y".repeat(500)))
            encoder.later(prose)!!.weight() shouldBeInRange 1_600L..2_100L
            encoder.later(
                List(100) {
                    mapOf("role" to "user", "content" to "a short message, number $it")
                },
            ).shouldNotBeNull()
            encoder.later(List(2_000) { "$it" }).shouldBeNull()
            encoder.later(List(2_000) { OffsetDateTime.now() }).shouldBeNull()
            encoder.later(List(2_000) { emptyMap<String, Any>() }).shouldBeNull()
            encoder.later(FloatArray(2_000) { 0.1f }).shouldNotBeNull()
        }

        test("what would be cut is written at once, so that nobody keeps the rest") {
            JsonEncoder(null, 1_000, QuietLog(false)).later(mapOf("doc" to "x".repeat(2_000))).shouldBeNull()
        }

        test("a collection that hands out its own array keeps it") {
            val own = arrayOf<Any>(arrayListOf(1))
            val careless = Shapes.Careless(own)
            later(Collections.unmodifiableCollection(careless)) shouldBe "[[1]]"
            own[0]::class shouldBe ArrayList::class
        }

        context("on the wire") {
            fun received(
                configure: LangfuseBuilder.() -> Unit = {},
                block: (Observation) -> Unit,
            ) = withLangfuse(configure) { local, langfuse ->
                val observation = langfuse.observation("step").start()
                block(observation)
                observation.end()
                langfuse.flush(DEADLINE).isComplete shouldBe true
                local.observations().single()
            }

            test("it arrives as it was when it was given") {
                val messages = mutableListOf(mutableMapOf("role" to "user"))
                val arrived =
                    received {
                        it.input(messages)
                        messages[0]["role"] = "changed"
                        messages.clear()
                    }
                arrived.input shouldBe """[{"role":"user"}]"""
            }

            test("the last value counts, text or not") {
                received { it.output(mapOf("k" to 1)).output("text") }.output shouldBe "text"
                received { it.output("text").output(mapOf("k" to 1)) }.output shouldBe """{"k":1}"""
            }

            test("metadata and usage as well") {
                val arrived = received { it.metadata("nested", mapOf("n" to listOf(1))) }
                arrived.metadata["nested"] shouldBe """{"n":[1]}"""
            }

            test("a mask sees the value itself, at once, and what it says is kept") {
                val seen = mutableListOf<Any>()
                val mask =
                    Mask {
                        seen.add(it)
                        mapOf("masked" to true)
                    }
                val given = mapOf("secret" to 1)
                received({ mask(mask) }) {
                    it.input(given)
                    withClue("before it left") { seen.single() shouldBe given }
                }.input shouldBe """{"masked":true}"""
            }

            test("a long one is cut") {
                received({ maxValueLength(10) }) { it.input(listOf("x".repeat(100))) }.input shouldStartWith
                    "[\"xxxxxxxx… [cut"
            }

            test("one whose text is longer than what it says is cut as well") {
                received({ maxValueLength(1_000) }) { it.input(listOf("\u0001".repeat(800))) }.input shouldEndWith
                    " [cut: 4804 characters]"
            }

            test("others who look at attributes see texts") {
                val types = mutableListOf<AttributeType>()
                val looking = { span: ReadableSpan ->
                    span.attributes.forEach { key, _ -> if (key.key.endsWith("input")) types.add(key.type) }
                }
                val processor =
                    object : SpanProcessor {
                        override fun onStart(
                            parentContext: Context,
                            span: ReadWriteSpan,
                        ) = Unit

                        override fun isStartRequired() = false

                        override fun onEnd(span: ReadableSpan) = looking(span)

                        override fun isEndRequired() = true
                    }
                received({ spanProcessor(processor) }) { it.input(mapOf("k" to 1)) }
                val filter =
                    SpanFilter {
                        looking(it)
                        true
                    }
                received({ filter(filter) }) { it.input(mapOf("k" to 1)) }
                received({
                    attributeMask {
                        _,
                        key,
                        value,
                        ->
                        value.also { if (key.endsWith("input")) it shouldBe """{"k":1}""" }
                    }
                }) { it.input(mapOf("k" to 1)) }.input shouldBe """{"k":1}"""
                types.toSet() shouldBe setOf(AttributeType.STRING)
            }

            test("a file in a list is uploaded as ever") {
                received { it.input(listOf(LangfuseMedia.of(byteArrayOf(1, 2), "image/png"))) }.input shouldContain
                    "langfuseMedia"
            }
        }
    })

@Suppress("unused")
private class Bean(
    val text: String,
)

private class Named : HashMap<String, Any>()

private class Hostile : AbstractList<Any>() {
    override val size = 1

    override fun get(index: Int): Any = error("no")
}

private class Miscounting(
    private val said: Int,
) : AbstractMap<String, Any>() {
    override val entries: Set<Map.Entry<String, Any>> =
        object : AbstractSet<Map.Entry<String, Any>>() {
            override val size = said

            override fun iterator() = mapOf<String, Any>("k" to "v").entries.iterator()
        }
}
