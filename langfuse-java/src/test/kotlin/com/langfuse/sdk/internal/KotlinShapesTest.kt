package com.langfuse.sdk.internal

import com.fasterxml.jackson.databind.ObjectMapper
import com.langfuse.sdk.DEADLINE
import com.langfuse.sdk.withLangfuse
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldMatch
import kotlin.properties.Delegates
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.ExperimentalTime

/** Values of Kotlin's read as their source does. */
@OptIn(ExperimentalTime::class)
class KotlinShapesTest :
    FunSpec({
        val encoder = JsonEncoder(QuietLog(false))
        val json = ObjectMapper()

        fun written(value: Any) = encoder.encode(value)

        fun tree(value: Any) = json.readTree(encoder.encode(value))

        test("internal properties are named as in the source") {
            tree(Internal()) shouldBe
                json.readTree("""{"count":1,"isReady":true,"computed":2,"id":"u1","url":"u","timeout":"5s"}""")
        }

        test("private and protected properties, constants, companions and functions do not show") {
            written(Hiding("s")) shouldBe """{"shown":1}"""
        }

        test("a property is named as in the source, whatever its getter's name is") {
            tree(Names()) shouldBe
                json.readTree(
                    """{"isOpen":"yes","isPaid":true,"xAxis":1,"URL":"u","renamed":"r","inJava":2,"get":3,"issue":4,"a":5}""",
                )
        }

        test("a value class is what it holds: as a property, alone, in containers, nested, optional") {
            val id = UserId("u1")
            written(id) shouldBe "\"u1\""
            written(listOf(id, setOf(id), mapOf("k" to id), arrayOf(id))) shouldBe """["u1",["u1"],{"k":"u1"},["u1"]]"""
            written(WithIds(id, null, Timeout(5.seconds), listOf(id), Count(7))) shouldBe
                """{"id":"u1","none":null,"timeout":"5s","more":["u1"],"count":7}"""
            written(listOf(Timeout(5.seconds), Wrapped(UserId("w")), Secret("x"), Count(8))) shouldBe
                """["5s","w","x",8]"""
        }

        test("as the key of a map, too, as an object is its name") {
            val map =
                mapOf(UserId("u1") to 1, Timeout(5.seconds) to 2, Wrapped(UserId("w")) to 3, Count(8) to 4, Plain to 5)
            val expected = """{"u1":1,"5s":2,"w":3,"8":4,"Plain":5}"""
            written(map) shouldBe expected
            JsonEncoder(ObjectMapper(), Int.MAX_VALUE, QuietLog(false)).encode(map) shouldBe expected
        }

        test("a record of Kotlin's is the same now and later") {
            val record = AsRecord("a", 5.seconds)
            written(record) shouldBe """{"name":"a","took":"5s"}"""
            (encoder.later(record)?.value ?: written(record)) shouldBe written(record)
        }

        test("durations, times and unsigned numbers, as fields, optional and alone") {
            written(Times(1500.milliseconds, null, Duration.INFINITE)) shouldBe
                """{"took":"1.5s","none":null,"max":"Infinity"}"""
            written(listOf(5.seconds, kotlin.time.Instant.fromEpochSeconds(0))) shouldBe
                """["5s","1970-01-01T00:00:00Z"]"""
            written(Unsigned(UInt.MAX_VALUE, ULong.MAX_VALUE, UByte.MAX_VALUE, UShort.MAX_VALUE, 3u, null)) shouldBe
                """{"int":4294967295,"long":"18446744073709551615","byte":255,"short":65535,"some":3,"none":null}"""
            written(listOf(1u, 2uL, UByte.MAX_VALUE, ULong.MAX_VALUE)) shouldBe """[1,2,255,"18446744073709551615"]"""
        }

        test("sealed types: properties of classes, names of objects") {
            tree(listOf(Shape.Circle(1.0), Shape.Unknown, Shape.Nothing, Event.Started, Event.Failed("x"))) shouldBe
                json.readTree("""[{"radius":1.0},"Unknown","Nothing","Started",{"reason":"x","code":1}]""")
            written(Holder(Shape.Unknown)) shouldBe """{"value":"Unknown"}"""
        }

        test("an object has its name, unless it has properties") {
            written(listOf(Plain, Data, Config)) shouldBe """["Plain","Data",{"url":"u"}]"""
        }

        test("enums, pairs, triples, results and units") {
            written(listOf(Level.HIGH, 1 to "a", Triple(1, 2, 3), Result.success(1), Result.success(Plain))) shouldBe
                """["HIGH",{"first":1,"second":"a"},{"first":1,"second":2,"third":3},1,"Plain"]"""
            written(listOf(Result.failure<Int>(IllegalStateException("no")))) shouldBe
                """["Failure(java.lang.IllegalStateException: no)"]"""
            written(WithResult(Result.success(listOf(1)))) shouldBe """{"result":[1]}"""
            written(listOf(IndexedValue(1, "a"))) shouldBe """[{"index":1,"value":"a"}]"""
        }

        test("a lazy property is not computed by recording; once computed it shows") {
            val lazy = Lazily()
            written(lazy) shouldBe """{"name":"n","value":"<not computed>"}"""
            lazy.computed shouldBe 0
            lazy.value
            written(lazy) shouldBe """{"name":"n","value":1}"""
        }

        test("other delegates show what they hold; what is not set yet is a marker") {
            written(Delegated(mapOf("name" to "n"))) shouldBe
                """{"late":"<not readable: UninitializedPropertyAccessException>","name":"n","observed":1}"""
        }

        test("fields of Java, generic and inherited properties, and default ones of interfaces") {
            tree(Inheriting()) shouldBe
                json.readTree("""{"field":1,"base":2,"named":"Inheriting","of":["x"]}""")
        }

        test("functions, sequences and scopes are not read") {
            val none: () -> Int = { 1 }
            val one: (Int) -> Int = { it }
            written(listOf(none, one, String::length, sequenceOf(1)))!! shouldMatch
                """\["<Function0>","<Function1>","<[^"]+>","<[^"]+>"]"""
        }

        test("an ObjectMapper of the application's reads value classes, objects and lazy ones alike") {
            val own = JsonEncoder(ObjectMapper(), Int.MAX_VALUE, QuietLog(false))
            own.encode(listOf(UserId("u1"), Shape.Unknown, 3u, 5.seconds, Lazily())) shouldBe
                """["u1","Unknown",3,"5s",{"name":"n","value":"<not computed>"}]"""
        }

        test("they arrive like this") {
            withLangfuse { local, langfuse ->
                langfuse
                    .observation("step")
                    .start()
                    .input(Internal())
                    .metadata(WithIds(UserId("u1"), null, Timeout(5.seconds), emptyList(), Count(1)))
                    .end()
                langfuse.flush(DEADLINE).isComplete shouldBe true
                val arrived = local.observations().single()
                json.readTree(arrived.input)["count"].asInt() shouldBe 1
                arrived.metadata["timeout"] shouldBe "5s"
            }
        }
    }) {
    @Suppress("unused")
    class Internal {
        internal val count = 1
        internal val isReady = true
        internal val computed get() = 2
        internal val id = UserId("u1")
        val url = "u"
        internal val timeout = 5.seconds
    }

    @Suppress("unused")
    open class Hiding(
        private val secret: String,
    ) {
        val shown = 1
        protected val ours = 2
        private val id = UserId("x")

        fun secret() = secret

        companion object {
            const val CONSTANT = 1

            @JvmField val PUBLIC = 2
            val here = 3
        }
    }

    @Suppress("unused", "PropertyName")
    class Names {
        var isOpen: String = "yes"
        val isPaid = true
        val xAxis = 1
        val URL = "u"

        @get:JvmName("somethingElse")
        val renamed = "r"

        @get:JvmName("inJava")
        val inJava = 2
        val get = 3
        val issue = 4
        val a = 5
    }

    @JvmInline
    value class UserId(
        val id: String,
    )

    @JvmInline
    value class Timeout(
        val duration: Duration,
    )

    @JvmInline
    value class Wrapped(
        private val id: UserId,
    )

    @JvmInline
    value class Count(
        val count: Int,
    )

    @JvmInline
    value class Secret(
        private val text: String,
    ) {
        override fun toString() = "***"
    }

    @JvmRecord
    data class AsRecord(
        val name: String,
        val took: Duration,
    )

    data class WithIds(
        val id: UserId,
        val none: UserId?,
        val timeout: Timeout,
        val more: List<UserId>,
        val count: Count?,
    )

    data class Times(
        val took: Duration,
        val none: Duration?,
        val max: Duration,
    )

    data class Unsigned(
        val int: UInt,
        val long: ULong,
        val byte: UByte,
        val short: UShort,
        val some: UInt?,
        val none: UInt?,
    )

    sealed interface Shape {
        data class Circle(
            val radius: Double,
        ) : Shape

        data object Unknown : Shape

        object Nothing : Shape {
            val area = 0
        }
    }

    sealed class Event(
        val code: Int,
    ) {
        data object Started : Event(0)

        class Failed(
            val reason: String,
        ) : Event(1)
    }

    class Holder(
        val value: Any,
    )

    object Plain

    data object Data {
        @Suppress("unused")
        val property = 1
    }

    object Config {
        @Suppress("unused")
        val url = "u"
    }

    enum class Level(
        @Suppress("unused") val number: Int,
    ) {
        HIGH(1),
    }

    class WithResult(
        val result: Result<List<Int>>,
    )

    class Lazily {
        @Transient @JvmField
        internal var computed = 0
        private val counter = { ++computed }
        val name = "n"
        val value by lazy { counter() }
    }

    class Delegated(
        map: Map<String, String>,
    ) {
        lateinit var late: String
        val name by map
        var observed by Delegates.observable(1) { _, _, _ -> }
    }

    interface Named {
        @Suppress("unused")
        val named get() = javaClass.simpleName
    }

    open class Base<T>(
        val of: List<T>,
    ) {
        val base = 2
    }

    class Inheriting :
        Base<String>(listOf("x")),
        Named {
        @JvmField val field = 1
    }
}
