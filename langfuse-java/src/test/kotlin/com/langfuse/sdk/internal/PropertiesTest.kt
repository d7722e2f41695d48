package com.langfuse.sdk.internal

import com.fasterxml.jackson.databind.ObjectMapper
import com.fasterxml.jackson.databind.SerializationFeature
import com.langfuse.sdk.DEADLINE
import com.langfuse.sdk.withLangfuse
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.util.Optional

/** A value is read by its properties; nothing else of the application's is called. */
class PropertiesTest :
    FunSpec({
        val encoder = JsonEncoder(QuietLog(false))
        val json = ObjectMapper()

        fun wraps(value: Any) =
            mapOf(
                "alone" to value,
                "in a list" to listOf(value),
                "in a map" to mapOf("k" to value),
                "in an array" to arrayOf(value),
                "in a record" to Shapes.Generic(value, arrayOf(value)),
                "in an optional" to Optional.of(value),
                "in lists of maps of records" to listOf(mapOf("k" to listOf(Shapes.Generic<Any>(value, emptyArray())))),
            )

        beforeTest { Zoo.CALLED.clear() }

        Zoo.animals().forEach { animal ->
            test("no method of a ${animal.javaClass.simpleName} is called that is no property") {
                wraps(animal).forEach { (where, value) ->
                    withClue(where) {
                        encoder.encode(value)
                        encoder.later(value)?.value
                        encoder.encodeFields(value)
                        Zoo.CALLED.shouldBeEmpty()
                    }
                }
            }
        }

        test("nor on its way to Langfuse, as input, output, metadata, parameter or score") {
            withLangfuse { local, langfuse ->
                val animals = Zoo.animals()
                langfuse
                    .observation("step")
                    .start()
                    .input(animals)
                    .output(mapOf("animals" to animals))
                    .metadata("animals", animals)
                    .metadata(Zoo.Cursor())
                    .end()
                langfuse.flush(DEADLINE).isComplete shouldBe true
                local.observations().single()
                Zoo.CALLED.shouldBeEmpty()
            }
        }

        test("an ObjectMapper that closes what it wrote does not close a recorded value") {
            val closing = ObjectMapper().enable(SerializationFeature.CLOSE_CLOSEABLE)
            JsonEncoder(closing, Int.MAX_VALUE, QuietLog(false)).encode(Zoo.Handle())
            Zoo.CALLED.shouldBeEmpty()
        }

        test("what is a property is read") {
            json.readTree(encoder.encode(Zoo.Properties())) shouldBe
                json.readTree(
                    """{"fluent":"f","generic":["g"],"isActive":true,"boxed":true,"mutable":1,"visible":"v",
                      |"by_annotation":2,"named":3}
                    """.trimMargin(),
                )
            encoder.encode(Zoo.Cursor()) shouldBe """{"position":7}"""
            encoder.encode(Zoo.Ticket("t")) shouldBe """{"id":"t"}"""
        }

        test("an object without properties is asked for its text and nothing else") {
            encoder.encode(listOf(Zoo.Queue())).shouldBe("""["<Queue>"]""")
            encoder.encode(listOf(Zoo.Label())).shouldBe("""["label"]""")
            Zoo.CALLED.shouldContainExactly("toString")
        }

        test("in Kotlin functions are no properties, whatever their names are") {
            val tank = Tank(3)
            wraps(tank).values.forEach {
                encoder.encode(it)
                encoder.later(it)?.value
            }
            encoder.encode(tank) shouldBe """{"calls":0,"level":1}"""
            tank.calls shouldBe 0
        }
    }) {
    @Suppress("unused")
    class Tank(
        private val next: Int,
    ) {
        internal var calls = 0
            private set
        private var isOpen: String = "yes"
        val level = 1

        fun next(): Int = next.also { calls++ }

        fun level(): Int = level.also { calls++ }

        fun isOpen(): String = isOpen.also { calls++ }

        fun close() {
            calls++
        }

        operator fun component1(): Int = 1.also { calls++ }
    }
}
