package com.langfuse.sdk.internal

import com.fasterxml.jackson.core.JsonGenerator
import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.ObjectMapper
import com.fasterxml.jackson.databind.jsontype.BasicPolymorphicTypeValidator
import com.langfuse.sdk.DEADLINE
import com.langfuse.sdk.withLangfuse
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.ints.shouldBeLessThan
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldEndWith
import io.kotest.matchers.string.shouldMatch
import io.kotest.matchers.string.shouldNotContain
import io.kotest.matchers.string.shouldStartWith
import java.io.ByteArrayInputStream
import java.math.BigDecimal
import java.math.BigInteger
import java.net.URLClassLoader
import java.security.KeyPairGenerator
import java.time.Duration
import java.util.Collections
import java.util.concurrent.Executor
import java.util.concurrent.Executors
import java.util.concurrent.locks.ReentrantLock
import java.util.concurrent.locks.ReentrantReadWriteLock

/** Reading and writing one value takes bounded time and memory, and what is left out is said. */
class LimitsTest :
    FunSpec({
        val json = ObjectMapper()
        val ours = JsonEncoder(QuietLog(false))
        val encoders =
            mapOf(
                "our mapper" to ours,
                "a plain ObjectMapper" to JsonEncoder(ObjectMapper(), Int.MAX_VALUE, QuietLog(false)),
                "a maximum length" to JsonEncoder(null, 1_000, QuietLog(false)),
            )

        fun within(
            depth: Int = 100,
            values: Long = Long.MAX_VALUE,
            characters: Long = Long.MAX_VALUE,
            time: Duration = Duration.ofDays(1),
        ) = JsonEncoder(null, Int.MAX_VALUE, emptyMap(), Limits(depth, values, characters, time), QuietLog(false))

        val endless =
            mapOf<String, Any>(
                "an Iterable without end" to Endless { "x" },
                "a List without end that says it is empty" to EndlessList(0),
                "a List without end that says it has two elements" to EndlessList(2),
                "a Set without end" to EndlessSet(),
                "a Map without end" to EndlessMap(),
                "copies of one text" to Collections.nCopies(Int.MAX_VALUE, "x"),
                "copies of one list" to Collections.nCopies(Int.MAX_VALUE, listOf("x")),
                "copies of copies" to Collections.nCopies(Int.MAX_VALUE, Collections.nCopies(Int.MAX_VALUE, "x")),
                "many copies of a long text" to List(100_000) { LONG },
                "an array of one long text" to Array(100_000) { LONG },
                "a view of a List without end" to Collections.unmodifiableCollection(EndlessList(3)),
                "a view of a Map without end" to Collections.unmodifiableMap(EndlessMap()),
                "a Map that says it is as large as can be" to Collections.unmodifiableMap(EndlessMap(Int.MAX_VALUE)),
                "an Iterable of objects" to Endless { Named("x") },
                "an Iterable of Iterables" to Endless { Endless { "x" } },
                "a property without end" to Holder(Endless { "x" }),
                "a text that is as long as can be" to LongText(Int.MAX_VALUE),
                "a text of texts" to listOf(LongText(Int.MAX_VALUE), "after"),
                "entities that all know each other" to entities(12),
                "a graph of millions of paths" to diamonds(60),
            )

        val lower = within(values = 20_000, characters = 1_000_000)
        (encoders + ("our mapper with lower limits" to lower)).forEach { (name, encoder) ->
            // All of them with lower limits; with the others one of each kind, they take a second each.
            endless.filterKeys { encoder == lower || it in FEW }.forEach { (what, value) ->
                test("$what: bounded, valid and marked, by $name") {
                    val start = System.nanoTime()
                    val text = encoder.later(value)?.value ?: encoder.encode(value)!!
                    withClue("${(System.nanoTime() - start) / 1_000_000} ms") {
                        (System.nanoTime() - start) shouldBeLessThan Duration.ofSeconds(60).toNanos()
                    }
                    text.length shouldBeLessThan 50_000_000
                    text shouldContain "[cut: "
                    if (encoder != encoders["a maximum length"] && value !is CharSequence) json.readTree(text)
                }
            }
        }

        test("a list says how many elements are left out, in the place") {
            within(values = 4).encode(listOf(1, 2, 3, 4, 5, 6)) shouldBe """[1,2,3,"… [cut: 3 more, over 4 values]"]"""
            within(characters = 20).encode(listOf("0123456789", "0123456789", "x", "y")) shouldBe
                """["0123456789","01234… [cut: 10 characters]","… [cut: 2 more, over 20 characters]"]"""
            within(values = 3).encode(Endless { 1 }) shouldBe """[1,1,"… [cut: more, over 3 values]"]"""
            within(values = 3).encode(intArrayOf(1, 2, 3, 4)) shouldBe """[1,2,"… [cut: 2 more, over 3 values]"]"""
            within(values = 3).encode(doubleArrayOf(1.0, 2.0, 3.0)) shouldBe
                """[1.0,2.0,"… [cut: 1 more, over 3 values]"]"""
            within(values = 3).encode(longArrayOf(1, 2, 3)) shouldBe """[1,2,"… [cut: 1 more, over 3 values]"]"""
            within(values = 3).encode(arrayOf("a", "b", "c")) shouldBe """["a","b","… [cut: 1 more, over 3 values]"]"""
        }

        test("so do maps and objects") {
            within(values = 5).encode(mapOf("a" to 1, "b" to 2, "c" to 3, "d" to 4)) shouldBe
                """{"a":1,"b":2,"…":"… [cut: 2 more, over 5 values]"}"""
            within(values = 4).encode(mapOf("a" to 1, "b" to 2, "c" to 3)) shouldBe
                """{"a":1,"b":"… [cut: 2 more, over 4 values]"}"""
            within(values = 4).encode(mapOf("a" to listOf(1, 2, 3), "b" to 2)) shouldBe
                """{"a":[1,"… [cut: 2 more, over 4 values]"],"…":"… [cut: 1 more, over 4 values]"}"""
            within(values = 3).encode(Three()) shouldContain """"…":"… [cut: more, over 3 values]""""
        }

        test("a slow value is cut by the time it takes") {
            val slow =
                Endless {
                    val start = System.nanoTime()
                    while (System.nanoTime() - start < 1_000_000) Thread.onSpinWait()
                    "x"
                }
            within(time = Duration.ofMillis(50)).encode(slow)!! shouldEndWith """"… [cut: more, over 50 ms]"]"""
        }

        test("a depth is a limit as well") {
            within(depth = 2).encode(listOf(listOf(listOf(1)))) shouldBe """[["<SingletonList>"]]"""
        }

        test("what is cut is not copied either") {
            ours.later(List(40_000) { LONG }).shouldBeNull()
        }

        test("10 MB arrive whole: one text, numbers, small objects, beans and records") {
            val text = "x".repeat(10_000_000)
            val wholes =
                mapOf(
                    "a text" to listOf(text),
                    "numbers" to List(2_500_000) { it % 1_000 },
                    "digits" to List(2_500_000) { 1 },
                    "doubles" to DoubleArray(500_000) { it / 3.0 },
                    "maps" to List(400_000) { mapOf("id" to it, "score" to 0.5) },
                    "beans" to List(300_000) { Named("name $it") },
                    "records" to List(200_000) { Shapes.Message("user", "message $it", it) },
                )
            wholes.forEach { (name, value) ->
                withClue(name) {
                    val written = ours.encode(value)!!
                    written shouldNotContain "[cut: "
                    json.readTree(written).size() shouldBe sizeOf(value)
                    written.length shouldBeGreaterThan 4_000_000
                }
            }
        }

        test("and so they are on the wire") {
            withLangfuse { local, langfuse ->
                val messages = List(10) { mapOf("role" to "user", "content" to "x".repeat(900_000)) }
                langfuse
                    .observation("large")
                    .start()
                    .input(messages)
                    .output(Endless { "x".repeat(1_000) })
                    .end()
                langfuse.flush(DEADLINE).isComplete shouldBe true
                val arrived = local.observations().single()
                json.readTree(arrived.input).size() shouldBe 10
                json.readTree(arrived.output).last().asText() shouldStartWith "… [cut: more, over "
            }
        }

        test("metadata and parameters without end as well") {
            withLangfuse { local, langfuse ->
                langfuse
                    .observation("endless")
                    .start()
                    .metadata(EndlessMap())
                    .metadata("key", EndlessMap())
                    .end()
                langfuse.flush(DEADLINE).isComplete shouldBe true
                local.observations().single().name shouldBe "endless"
            }
        }

        context("machinery of the process is a short text") {
            val executor = Executors.newFixedThreadPool(1)
            afterSpec { executor.shutdown() }
            val machinery =
                mapOf<String, Any>(
                    "a Thread" to Thread("worker"),
                    "a Thread of the application's" to Worker(),
                    "a ThreadGroup" to Thread.currentThread().threadGroup,
                    "a ClassLoader" to ClassLoader.getSystemClassLoader(),
                    "a ClassLoader of the application's" to URLClassLoader(emptyArray()),
                    "a Class" to String::class.java,
                    "a Module" to String::class.java.module,
                    "a Method" to String::class.java.getMethod("length"),
                    "an InputStream" to ByteArrayInputStream(byteArrayOf(1)),
                    "an Executor" to executor,
                    "an Executor of the application's" to Direct(),
                    "a Lock" to ReentrantLock(),
                    "a ReadWriteLock" to ReentrantReadWriteLock(),
                    "a Process" to ProcessHandle.current(),
                    "a Socket" to java.net.Socket(),
                    "a ThreadLocal" to ThreadLocal<Any>(),
                    "a WeakReference" to java.lang.ref.WeakReference(Any()),
                    "a Runtime" to Runtime.getRuntime(),
                    "a Timer" to java.util.Timer(true),
                    "a private key" to KeyPairGenerator.getInstance("RSA").generateKeyPair().private,
                    "a logger" to java.util.logging.Logger.getLogger("x"),
                    "a function of Java's" to java.util.function.Supplier { "x" },
                    "an HttpClient" to java.net.http.HttpClient.newHttpClient(),
                )
            val validator = BasicPolymorphicTypeValidator.builder().allowIfBaseType(Any::class.java).build()
            val types = ObjectMapper().activateDefaultTyping(validator, ObjectMapper.DefaultTyping.NON_FINAL)
            val typing = JsonEncoder(types, Int.MAX_VALUE, QuietLog(false))
            machinery.forEach { (name, value) ->
                test(name) {
                    val typed = listOf(typing).filter { name != "a Class" } // of which Jackson notes the type
                    (encoders.filterKeys { it != "a maximum length" }.values + typed).forEach { encoder ->
                        val tree = json.readTree(encoder.encode(listOf(value, 1)))
                        val node = if (tree[1].isArray) tree[1] else tree // with the type before it
                        withClue(node.toString()) { node[0].isTextual shouldBe true }
                        node[0].asText() shouldMatch "[^\\n]{2,200}"
                        node[0].asText() shouldNotContain "@"
                        node[0].asText() shouldNotContain "not serializable"
                        node[1].asInt() shouldBe 1
                    }
                }
            }
        }

        test("numbers of a million digits, and of a billion zeros") {
            val huge = BigInteger.ONE.shiftLeft(3_400_000)
            encoders.values.forEach { encoder ->
                encoder.encode(listOf(huge, BigDecimal(huge), BigDecimal("1E+1000000000"), 7))!!.let {
                    it shouldStartWith """["<BigInteger of 3400001 bits>","<BigDecimal of 3400001 bits>","""
                    it shouldEndWith ",7]"
                    it.length shouldBeLessThan 200
                }
            }
            val plain = ObjectMapper().enable(JsonGenerator.Feature.WRITE_BIGDECIMAL_AS_PLAIN)
            JsonEncoder(plain, Int.MAX_VALUE, QuietLog(false))
                .encode(listOf(1, BigDecimal("1E+1000000000"), 2))!!
                .let { json.readTree(it).size() shouldBe 3 }
            encoders.getValue("our mapper").encode(BigInteger.TEN.pow(30_000))!!.length shouldBe 30_003
        }

        test("the schema of a tool with twelve objects inside each other is whole") {
            fun schema(levels: Int): Map<String, Any> =
                if (levels == 0) {
                    mapOf("type" to "string", "enum" to listOf("deepest"))
                } else {
                    mapOf(
                        "type" to "object",
                        "properties" to
                            mapOf(
                                "items" to mapOf("type" to "array", "items" to schema(levels - 1)),
                                "name" to mapOf("type" to "string"),
                            ),
                        "required" to listOf("name"),
                    )
                }
            val tool = mapOf("type" to "function", "function" to mapOf("name" to "t", "parameters" to schema(12)))
            val call = mapOf("messages" to listOf(mapOf("role" to "user")), "tools" to listOf(tool))
            val expected = json.valueToTree<JsonNode>(call)
            json.readTree(ours.encode(call)) shouldBe expected
            json.readTree(ours.later(listOf(call, LONG))!!.value)[0] shouldBe expected
            json.readTree(ours.encode(Holder(call)))["value"] shouldBe expected
            withLangfuse { local, langfuse ->
                langfuse.observation("call").start().input(call).end()
                langfuse.flush(DEADLINE).isComplete shouldBe true
                json.readTree(local.observations().single().input) shouldBe expected
            }
        }

        test("bytes in base64 are bounded: arrays and buffers") {
            val plain = encoders.getValue("a plain ObjectMapper")
            val many = 13_000_000
            val buffers = listOf(java.nio.ByteBuffer.allocate(many), java.nio.ByteBuffer.allocateDirect(many))
            (buffers + ByteArray(many)).forEach {
                plain.encode(listOf("before", it, "after")) shouldBe """["before","<bytes $many>","after"]"""
            }
            json.readTree(plain.encode(listOf(ByteArray(1_000_000), "after")))[0].binaryValue().size shouldBe 1_000_000
            json.readTree(plain.encode(List(13) { ByteArray(1_000_000) })).map { it.asText() }.takeLast(2) shouldBe
                listOf("<bytes 1000000>", "<bytes 1000000>")
        }

        test("a tree of Jackson's that is deeper than JSON may be keeps its neighbours") {
            var tree: JsonNode = json.createObjectNode()
            repeat(3_000) { tree = json.createObjectNode().put("a", 1).set("b", tree) }
            encoders.filterKeys { it != "a maximum length" }.values.forEach { encoder ->
                val read = json.readTree(encoder.encode(listOf("before", tree, "after")))
                read.size() shouldBe 3
                read[2].asText() shouldBe "after"
                read[1]["b"]["b"]["a"].asInt() shouldBe 1
            }
        }

        test("an Iterable of the application's is a list; what is used up by reading stays unread") {
            ours.encode(listOf(Bag("a", "b"), Three())) shouldStartWith """[["a","b"],"""
            ours.encode(Bag("a")) shouldBe """["a"]"""
            ours.encode(listOf(Zoo.iterable("a", "b"), 1)) shouldBe """[["a","b"],1]"""
            ours.encode(sequenceOf(1)) shouldNotBe "[1]"
            ours.encode(java.util.ServiceLoader.load(Runnable::class.java))!! shouldContain "ServiceLoader"
        }
    }) {
    class Endless(
        private val element: () -> Any,
    ) : Iterable<Any> {
        override fun iterator() = generateSequence { element() }.iterator()
    }

    class EndlessList(
        private val said: Int,
    ) : AbstractCollection<String>(),
        Collection<String> {
        override val size get() = said

        override fun isEmpty() = false

        override fun iterator() = generateSequence { "x" }.iterator()
    }

    class EndlessSet : AbstractSet<String>() {
        override val size = 1

        override fun iterator() = generateSequence { "x" }.iterator()
    }

    class EndlessMap(
        private val said: Int = 1,
    ) : AbstractMap<String, Any>() {
        override val entries: Set<Map.Entry<String, Any>> =
            object : AbstractSet<Map.Entry<String, Any>>() {
                override val size = said

                override fun iterator() =
                    generateSequence(0) { it + 1 }
                        .map { java.util.AbstractMap.SimpleEntry<String, Any>("k$it", "v") }
                        .iterator()
            }
    }

    class LongText(
        override val length: Int,
    ) : CharSequence {
        override fun get(index: Int) = 'x'

        override fun subSequence(
            startIndex: Int,
            endIndex: Int,
        ) = LongText(endIndex - startIndex)

        override fun toString(): String = "x".repeat(length)
    }

    class Bag(
        private vararg val elements: String,
    ) : Iterable<String> {
        val capacity = 10

        override fun iterator() = elements.iterator()
    }

    class Named(
        val name: String,
    )

    class Three {
        val a = 1
        val b = 2
        val c = 3
    }

    class Holder(
        val value: Any,
    )

    class Worker : Thread() {
        val secret = "s"
    }

    class Direct : Executor {
        val secret = "s"

        override fun execute(command: Runnable) = command.run()
    }

    class Entity {
        var others: List<Entity> = emptyList()
        val name = "entity"
    }

    companion object {
        private val LONG = "y".repeat(10_000)
        private val FEW =
            setOf(
                "a List without end that says it is empty",
                "a Map without end",
                "a property without end",
                "a text of texts",
                "a graph of millions of paths",
            )

        private fun entities(count: Int) = List(count) { Entity() }.also { all -> all.forEach { it.others = all - it } }

        private fun diamonds(depth: Int): Any {
            var node: Any = Named("bottom")
            repeat(depth) { node = listOf(node, node) }
            return node
        }

        private fun sizeOf(value: Any) = (value as? Collection<*>)?.size ?: (value as DoubleArray).size
    }
}
