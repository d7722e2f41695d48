package com.langfuse.sdk

import com.fasterxml.jackson.databind.ObjectMapper
import com.fasterxml.jackson.databind.PropertyNamingStrategies
import io.kotest.assertions.throwables.shouldThrow
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

        test("metadata is masked in every shape: texts alone, many keys, objects whole or field by field") {
            class Card(
                val number: String,
            )

            class User(
                val name: String,
                val card: Card,
            )
            val texts = Mask { if (it is String) "***" else it }
            received({
                mask(texts)
            }) { it.observation("a").start().metadata("SECRET").end() }.toString() shouldNotContain
                "SECRET"
            val many = (1..61).associate { "k$it" to "SECRET$it" }
            received({ mask(texts) }) { it.observation("a").start().metadata(many).end() }.toString() shouldNotContain
                "SECRET"
            val user = User("SECRET", Card("4111"))
            received({ mask(texts) }) { it.observation("a").start().metadata(user).end() }.metadata["name"] shouldBe
                "***"
            val objects = Mask { if (it is User) mapOf("kind" to "user") else it }
            received({ mask(objects) }) { it.observation("a").start().metadata(user).end() }.let {
                it.metadata["kind"] shouldBe "user"
                it.toString() shouldNotContain "4111"
            }
        }

        test("texts among the model parameters are masked, names and numbers of the wire are not") {
            val generation =
                received({ mask(redact) }) {
                    it
                        .observation("g", ObservationType.GENERATION)
                        .model("gpt-4")
                        .modelParameters(mapOf("system" to "pin 1234", "none" to null))
                        .start()
                        .usageDetails(Usage.of(1, 2))
                        .end()
                }
            generation.model shouldBe "gpt-4"
            generation.attributes["langfuse.observation.model.parameters"] shouldBe """{"system":"pin #"}"""
            generation.usage["input"] shouldBe 1L
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

        test(
            "the length limit cuts what the application says, not the words of the wire; it never splits a character",
        ) {
            val generation =
                received({ maxValueLength(3) }) {
                    it
                        .observation("g", ObservationType.GENERATION)
                        .model("gpt-4o-mini")
                        .input("ab😀d")
                        .start()
                        .usageDetails(Usage.of(100, 200))
                        .completionStartTime(java.time.Instant.EPOCH)
                        .end()
                }
            generation.model shouldBe "gpt-4o-mini"
            generation.usage["output"] shouldBe 200L
            generation.completionStartTime shouldBe java.time.Instant.EPOCH
            generation.input shouldBe "ab… [cut: 5 characters]"
            shouldThrow<IllegalArgumentException> { bareBuilder().maxValueLength(0).build() }.message!! shouldContain
                "maxValueLength"
        }

        test("a mapper without modules does not change the words of the wire, nor use up an iterator") {
            val iterator = listOf(1, 2).iterator()
            val generation =
                received({ objectMapper(ObjectMapper()) }) {
                    it
                        .observation("g", ObservationType.GENERATION)
                        .input(mapOf("it" to iterator))
                        .start()
                        .completionStartTime(java.time.Instant.EPOCH)
                        .end()
                }
            generation.completionStartTime shouldBe java.time.Instant.EPOCH
            iterator.next() shouldBe 1
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
