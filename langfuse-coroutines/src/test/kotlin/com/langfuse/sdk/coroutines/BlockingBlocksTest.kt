package com.langfuse.sdk.coroutines

import com.langfuse.sdk.Generation
import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.Observation
import com.langfuse.sdk.ObservationType.CHAIN
import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.ObservationType.RETRIEVER
import com.langfuse.sdk.ObservationType.TOOL
import com.langfuse.sdk.PromptReference
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.maps.shouldContainAll
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeSameInstanceAs
import io.opentelemetry.api.trace.SpanId
import io.opentelemetry.context.Context
import java.io.IOException

private fun none(): String = Observation.current().output("set by none").let { "none" }

private fun one(query: String): Int = query.length

private fun two(query: String, limit: Int): List<String> = List(limit) { query }

private fun failing(): String = throw IOException("no network")

private class Store {
    fun load(id: String): String = "row $id"
}

/** Every verb from a plain function: what it is about as much as that it compiles without types being spelt out. */
class BlockingBlocksTest :
    FunSpec({
        test("a block of each kind returns its value, whatever the type, nullable or none") {
            val observations =
                received { langfuse ->
                    val length: Int =
                        langfuse.observationBlocking("typed", GENERATION, { model("m") }) { generation: Generation ->
                            generation.output("x")
                            1
                        }
                    length shouldBe 1
                    val nothing: String? = langfuse.observationBlocking("plain") { null }
                    nothing.shouldBeNull()
                    langfuse.observationBlocking("unit") { it.output("y") }
                    val handle = langfuse.observation("handle", CHAIN).start()
                    handle.observationBlocking("child") { }
                    handle.observationBlocking("tool", TOOL) { it.output("z") }
                    handle.end()
                }
            observations.named("typed").let { listOf(it.type, it.output, it.model) } shouldBe
                listOf("GENERATION", "x", "m")
            observations.named("unit").output shouldBe "y"
            listOf("child", "tool").forEach {
                observations.named(it).parentId shouldBe
                    observations.named("handle").id
            }
        }

        test("all attributes are in force in a plain block, and none after it") {
            val observations =
                received { langfuse ->
                    val result: Int =
                        langfuse.propagateAttributesBlocking(
                            userId = "u",
                            sessionId = "s",
                            tags = listOf("t1", "t2"),
                            metadata = mapOf("plan" to "pro"),
                            version = "v",
                            traceName = "checkout",
                            environment = "staging",
                            prompt = PromptReference("p", 3),
                        ) {
                            langfuse.observationBlocking("request") { langfuse.observation("child").start().end() }
                            propagateAttributesBlocking(sessionId = "inner") { observationBlocking("nested") { } }
                            2
                        }
                    result shouldBe 2
                    langfuse.observation("outside").start().end()
                    Context.current() shouldBe Context.root()
                }
            listOf("request", "child").forEach { name ->
                observations.named(name).let {
                    listOf(it.userId, it.sessionId, it.version, it.traceName, it.environment) shouldBe
                        listOf("u", "s", "v", "checkout", "staging")
                    it.tags shouldContainExactly listOf("t1", "t2")
                    it.metadata shouldContainAll mapOf("plan" to "pro")
                }
            }
            observations.named("nested").let { it.userId to it.sessionId } shouldBe ("u" to "inner")
            observations.named("outside").userId.shouldBeNull()
        }

        test("baggage is said to go out where it is asked for, and not otherwise") {
            received { langfuse ->
                fun baggage() = io.opentelemetry.api.baggage.Baggage.current().asMap().keys.joinToString()
                langfuse.propagateAttributesBlocking(userId = "u") { baggage() } shouldBe ""
                langfuse.propagateAttributesBlocking(userId = "u", asBaggage = true) { baggage() } shouldContain
                    "langfuse_user_id"
            }
        }

        test("a handle is current in a plain block, and goes on after it") {
            val observations =
                received { langfuse ->
                    val answer = langfuse.observation("answer", GENERATION).start()
                    val id =
                        answer.makeCurrentBlocking {
                            observationBlocking("inside") { }
                            Observation.current().id()
                        }
                    id shouldBe answer.id()
                    Observation.current().id() shouldBe SpanId.getInvalid()
                    answer.output("late").end()
                }
            observations.named("inside").parentId shouldBe observations.named("answer").id
            observations.named("answer").output shouldBe "late"
        }

        test("bare blocks belong to the client in the context") {
            val observations =
                received { langfuse ->
                    langfuse.propagateAttributesBlocking(userId = "u") {
                        propagateAttributesBlocking(tags = listOf("t")) { observationBlocking("bare", RETRIEVER) { } }
                    }
                }
            observations.named("bare").let { Triple(it.userId, it.tags, it.type) } shouldBe
                Triple("u", listOf("t"), "RETRIEVER")
        }

        test("what a block throws arrives as the same instance, and the thread is left as it was") {
            val thrown = IOException("no network")
            val observations =
                received { langfuse ->
                    val blocks: Map<String, (() -> Unit) -> Unit> =
                        mapOf(
                            "block" to { langfuse.observationBlocking("block") { _ -> it() } },
                            "scope" to {
                                langfuse.propagateAttributesBlocking(userId = "u") {
                                    langfuse.observationBlocking("scope") { _ -> it() }
                                }
                            },
                            "handle" to {
                                val handle = langfuse.observation("handle").start()
                                try {
                                    handle.makeCurrentBlocking { it() }
                                } finally {
                                    handle.end()
                                }
                            },
                        )
                    blocks.values.forEach { block ->
                        shouldThrow<IOException> { block { throw thrown } } shouldBeSameInstanceAs thrown
                        Context.current() shouldBe Context.root()
                    }
                }
            listOf("block", "scope").forEach { observations.named(it).statusMessage shouldBe "no network" }
            observations.named("handle").level shouldBe "DEFAULT"
        }

        test("a block may be left early, and used in an expression") {
            fun answer(langfuse: Langfuse, question: String): String {
                val known = langfuse.observationBlocking("look-up") { if (question == "why") "because" else null }
                return known ?: langfuse.observationBlocking("ask") block@{
                    if (question.isEmpty()) return@block "?"
                    "no idea"
                }
            }
            received { langfuse ->
                answer(langfuse, "why") shouldBe "because"
                answer(langfuse, "") shouldBe "?"
                answer(langfuse, "how") shouldBe "no idea"
            }.map { it.name } shouldBe listOf("look-up", "look-up", "ask", "look-up", "ask")
        }

        test("plain functions are observed by reference, by name and by the core's own views") {
            val observations =
                received { langfuse ->
                    langfuse.propagateAttributesBlocking(userId = "u") {
                        val a: String = (::none.observed())()
                        val b: Int = (::one.observed(RETRIEVER))("abc")
                        val c: List<String> = (::two.observed(options = { inputNames("query", "limit") }))("q", 2)
                        val d: String = (Store()::load.observed(TOOL))("7")
                        val e: Int = observed("named", TOOL, ::one)("abcd")
                        listOf(a, b, c, d, e) shouldBe listOf("none", 3, listOf("q", "q"), "row 7", 4)
                        shouldThrow<IOException> { (::failing.observed())() }

                        val views = langfuse.observed("view", RETRIEVER)
                        val f: Int = views.function(::one).apply("abcde")
                        val g: List<String> = views.biFunction(::two).apply("q", 1)
                        val h: String = views.supplier(::none).get()
                        val i: String = views.callable { "called" }.call()
                        views.runnable { }.run()
                        views.consumer { text: String -> text.length }.accept("x")
                        listOf(f, g, h, i) shouldBe listOf(5, listOf("q"), "none", "called")
                    }
                }
            observations.map { it.name } shouldBe
                listOf("none", "one", "two", "load", "named", "failing") + List(6) { "view" }
            observations.forEach { it.userId shouldBe "u" }
            observations.named("failing").level shouldBe "ERROR"
            observations.named("two").input!! shouldContain """"limit":2"""
        }
    })
