package com.langfuse.sdk.internal

import com.fasterxml.jackson.annotation.JsonTypeInfo
import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.ObjectMapper
import com.fasterxml.jackson.databind.jsontype.BasicPolymorphicTypeValidator
import com.langfuse.sdk.DEADLINE
import com.langfuse.sdk.withLangfuse
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldStartWith
import org.joda.time.DateTime
import java.time.Instant
import java.util.Optional
import java.util.concurrent.CountDownLatch

/** What cannot be written costs its own place, and neighbours are kept. */
class UnwritableValuesTest :
    FunSpec({
        val json = ObjectMapper()
        val typed =
            ObjectMapper().activateDefaultTyping(
                BasicPolymorphicTypeValidator.builder().allowIfBaseType(Any::class.java).build(),
                ObjectMapper.DefaultTyping.NON_FINAL,
                JsonTypeInfo.As.PROPERTY,
            )
        val encoders =
            mapOf(
                "our mapper" to JsonEncoder(QuietLog(false)),
                "a plain ObjectMapper" to JsonEncoder(ObjectMapper(), Int.MAX_VALUE, QuietLog(false)),
                "an ObjectMapper with all modules" to
                    JsonEncoder(ObjectMapper().findAndRegisterModules(), Int.MAX_VALUE, QuietLog(false)),
            )
        val values =
            mapOf<String, Any>("a DateTime of Joda's" to DateTime(0)) +
                Unwritable.all().associateBy { "a value of ${it.javaClass.simpleName}" }

        /** Kept: the neighbours; in between there is anything, but one value. */
        fun JsonNode.shouldBeAround(size: Int) {
            withClue(toString()) {
                this.size() shouldBe size
                this[0].asText() shouldBe "before"
                this[size - 1].asText() shouldBe "after"
            }
        }

        encoders.forEach { (mapper, encoder) ->
            fun tree(value: Any): JsonNode = json.readTree(encoder.encode(value))

            values.forEach { (name, value) ->
                test("$name, by $mapper: neighbours are kept in lists, sets, arrays, maps and records") {
                    tree(listOf("before", value, "after")).shouldBeAround(3)
                    tree(linkedSetOf("before", value, "after")).shouldBeAround(3)
                    tree(arrayOf("before", value, "after")).shouldBeAround(3)
                    tree(java.util.ArrayDeque(listOf("before", value, "after"))).shouldBeAround(3)
                    tree(arrayOf<Any>("before", arrayOf(value), "after")).shouldBeAround(3)
                    tree(listOf("before", listOf(mapOf("k" to listOf(value))), "after")).shouldBeAround(3)
                    tree(listOf("before", Optional.of(value), "after")).shouldBeAround(3)
                    tree(sequenceOf("before", value, "after").asIterable()).shouldBeAround(3)
                    tree(mapOf("a" to 1, "b" to value, "c" to 3)).let {
                        it["a"].asInt() shouldBe 1
                        it["c"].asInt() shouldBe 3
                        it.size() shouldBe 3
                    }
                    tree(Unwritable.Holding(1, value, 3)).let {
                        it["first"].asInt() shouldBe 1
                        it["last"].asInt() shouldBe 3
                        it.size() shouldBe 3
                    }
                    tree(Unwritable.Bean(value)).let {
                        it["a"].asInt() shouldBe 1
                        it["z"].asInt() shouldBe 2
                        it.size() shouldBe 3
                    }
                    json.readTree(encoder.encode(value))
                }
            }

            test("an error in a getter costs its field, by $mapper") {
                val tree = tree(listOf(Unwritable.Errors(), 7))
                tree[1].asInt() shouldBe 7
                tree[0]["before"].asInt() shouldBe 1
                tree[0]["zero"].asInt() shouldBe 2
                tree[0]["deep"].asText() shouldBe "<not readable: StackOverflowError>"
                tree[0]["gone"].asText() shouldBe "<not readable: NoClassDefFoundError>"
                tree[0]["failedStatic"].asText() shouldStartWith "<not readable: "
                tree[0]["memory"].asText() shouldBe "<not readable: OutOfMemoryError>"
            }

            test("a key that has no text has a marker, each its own, by $mapper") {
                val map =
                    linkedMapOf<Any?, Any>(
                        Unwritable.Key(false) to 1,
                        Unwritable.Key(true) to 2,
                        Unwritable.Key(true) to 3,
                        null to 4,
                        7 to 5,
                        "last" to 6,
                    )
                encoder.encode(map) shouldBe
                    """{"key":1,"<not readable: IllegalStateException>":2,""" +
                    """"<not readable: IllegalStateException> 2":3,""" +
                    """"null":4,"7":5,"last":6}"""
            }

            test("a property whose own serializer fails costs its field, by $mapper") {
                val tree = tree(Unwritable.Using())
                tree["a"].asInt() shouldBe 1
                tree["z"].asInt() shouldBe 2
                tree["half"]["list"][0].asInt() shouldBe 1
                tree["open"]["a"].asInt() shouldBe 1
                tree["silent"].isNull shouldBe true
            }

            test("declared types, unwrapped properties and beans that are arrays as well, by $mapper") {
                tree(Unwritable.Declared())["z"].asInt() shouldBe 2
                tree(Unwritable.Declared()).size() shouldBe 5
                tree(Unwritable.Unwrapping()).let {
                    it["a"].asInt() shouldBe 1
                    it["inner"].asText() shouldBe "<not readable: IllegalStateException>"
                    it["z"].asInt() shouldBe 2
                }
                encoder.encode(Unwritable.AsArray()) shouldBe """[1,"<not readable: IllegalStateException>",3]"""
            }

            test("a serializer that writes nothing leaves valid JSON, by $mapper") {
                encoder.encode(mapOf("a" to Unwritable.Nothing(), "b" to 1)) shouldBe """{"a":null,"b":1}"""
                encoder.encode(listOf(1, Unwritable.Nothing(), 2)) shouldBe "[1,2]"
            }

            test("raw text that is no JSON becomes a text, by $mapper") {
                val tree = tree(Unwritable.Raw())
                tree["good"] shouldBe json.readTree("""{"a":[1]}""")
                tree["bad"].asText() shouldBe "{broken"
                tree["two"].asText() shouldBe "1 2"
                tree["z"].asInt() shouldBe 2
                json.readTree(encoder.encode(listOf(Unwritable.Pieces(), 1))).asText() shouldStartWith
                    "<not serializable"
            }
        }

        test("one marker, in its place, which names the type") {
            encoders.values.forEach {
                it.encode(listOf(DateTime(0), "hello")) shouldBe
                    """["<not serializable object of type: DateTime>","hello"]"""
            }
        }

        test("java.time without its module is its ISO text") {
            encoders.getValue(
                "a plain ObjectMapper",
            ).encode(listOf(1, Instant.EPOCH, mapOf(Instant.EPOCH to 2), 3)) shouldBe
                """[1,"1970-01-01T00:00:00Z",{"1970-01-01T00:00:00Z":2},3]"""
        }

        test("values of a module that is not open") {
            // A package of the JDK's that nobody may look into.
            val closed = Class.forName("sun.security.x509.X500Name")
            val name = javax.security.auth.x500.X500Principal("CN=x")
            closed.module.isOpen(closed.packageName) shouldBe false
            encoders.values.forEach {
                json.readTree(it.encode(listOf("before", name, "after"))).shouldBeAround(3)
            }
        }

        test("default typing: neighbours are kept, and what is typed stays typed") {
            val encoder = JsonEncoder(typed, Int.MAX_VALUE, QuietLog(false))
            Unwritable.all().forEach { value ->
                val tree = json.readTree(encoder.encode(arrayListOf("before", value, "after")))
                withClue(tree.toString()) { tree[1].let { if (it.isArray) it else tree }.shouldBeAround(3) }
            }
        }

        test("a stack that is nearly used up costs a branch, never the JSON") {
            val encoder = encoders.getValue("our mapper")
            val done = CountDownLatch(1)
            var valid = 0
            var graph: Any = "bottom"
            repeat(90) { graph = mapOf("k" to listOf(Unwritable.Bean(graph))) }

            fun descend(levels: Int): Int =
                if (levels == 0) {
                    val text = encoder.encode(graph)!!
                    runCatching { json.readTree(text) }.onSuccess { valid++ }
                    1
                } else {
                    descend(levels - 1) + 1
                }
            Thread(null, {
                for (levels in 0..4_000 step 100) {
                    try {
                        descend(levels)
                    } catch (tooDeep: StackOverflowError) {
                        valid++ // the application's own
                    }
                }
                done.countDown()
            }, "small", 256L * 1024).start()
            done.await(DEADLINE.toMillis(), java.util.concurrent.TimeUnit.MILLISECONDS) shouldBe true
            valid shouldBe 41
        }

        test("it arrives like this") {
            withLangfuse { local, langfuse ->
                langfuse
                    .observation("step")
                    .start()
                    .input(listOf(DateTime(0), "hello"))
                    .end()
                langfuse.flush(DEADLINE).isComplete shouldBe true
                local.observations().single().input shouldBe
                    """["<not serializable object of type: DateTime>","hello"]"""
            }
        }
    })
