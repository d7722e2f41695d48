package com.langfuse.sdk

import com.fasterxml.jackson.databind.ObjectMapper
import com.fasterxml.jackson.databind.PropertyNamingStrategies
import io.kotest.assertions.throwables.shouldThrowAny
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain

/** What is changed on a value's way into an attribute: masks, length, the application's own mapper. */
class MaskTest :
    FunSpec({
        fun received(configure: LangfuseBuilder.() -> Unit, block: (Langfuse) -> Unit) =
            withLangfuse(configure) { local, langfuse ->
                block(langfuse)
                langfuse.flush(DEADLINE).isComplete shouldBe true
                local.observations().single()
            }

        val redact = Mask { value ->
            if (value is String) {
                value.replace(Regex("\\d+"), "#")
            } else {
                mapOf("masked" to value.toString().length)
            }
        }

        test("it sees the raw object of every field that carries the application's data") {
            @Suppress("DEPRECATION")
            val observation =
                received({ mask(redact) }) { langfuse ->
                    langfuse
                        .observation("a1")
                        .input("pin 1234")
                        .metadata("phone", "555")
                        .version("v1")
                        .start()
                        .output(listOf(1, 2))
                        .metadata(mapOf("nested" to mapOf("n" to 7)))
                        .statusMessage("code 99")
                        .setTraceIo("in 5", "out 6")
                        .end()
                }
            observation.name shouldBe "a1"
            observation.version shouldBe "v1"
            observation.input shouldBe "pin #"
            observation.output shouldBe """{"masked":6}"""
            observation.metadata["phone"] shouldBe "#"
            observation.metadata["nested"] shouldBe """{"masked":5}"""
            observation.statusMessage shouldBe "code #"
            observation.attributes["langfuse.trace.input"] shouldBe "in #"
            observation.attributes["langfuse.trace.output"] shouldBe "out #"
        }

        test("what an exception says is masked wherever it goes") {
            val observation =
                received({ mask(redact) }) { langfuse ->
                    shouldThrowAny { langfuse.observation("a").block { error("card 4111") } }
                }
            observation.statusMessage shouldBe "card #"
            observation.toString() shouldNotContain "4111"
            observation.events
                .single()
                .attributes["exception.message"] shouldBe "card #"
        }

        test("null leaves the field out") {
            received({ mask { null } }) { it.observation("a").input("x").start().end() }.input.shouldBeNull()
        }

        test("a mask that throws hides the value, with one warning") {
            val warnings =
                warningsOf {
                    val observation =
                        received({ mask { throw AssertionError("broken mask") } }) {
                            it.observation("a").input("secret").metadata("k", "secret").start().end()
                        }
                    observation.input shouldBe "<fully masked due to failed mask function>"
                    observation.metadata["k"] shouldBe "<fully masked due to failed mask function>"
                }
            warnings shouldHaveSize 1
        }

        test("a mask without one for other tracers is a warning once their spans pass") {
            val warnings =
                warningsOf {
                    withAttached({ mask(redact) }) { _, langfuse, provider ->
                        repeat(3) {
                            provider
                                .get("dev.langchain4j")
                                .spanBuilder("s")
                                .startSpan()
                                .end()
                        }
                        langfuse.flush(DEADLINE)
                    }
                }
            warnings.single() shouldContain "attributeMask"
        }

        test("a value over the length limit is cut, visibly") {
            received({ maxValueLength(5) }) { it.observation("a").input("123456789").start().end() }.input shouldBe
                "12345… [cut: 9 characters]"
        }

        test("the application's own mapper is used, under the same guards") {
            class Node(
                val firstName: String,
            ) {
                var nextNode: Any? = null
            }
            val mapper = ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            val node = Node("a").apply { nextNode = this }
            received({ objectMapper(mapper) }) { it.observation("a").input(node).start().end() }.input shouldBe
                """{"first_name":"a","next_node":"<Node>"}"""
        }
    })
