package com.langfuse.sdk

import com.langfuse.sdk.ObservationType.CHAIN
import com.langfuse.sdk.ObservationType.EVENT
import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.ObservationType.RETRIEVER
import com.langfuse.sdk.ObservationType.SPAN
import com.langfuse.sdk.ObservationType.TOOL
import com.langfuse.sdk.internal.QuietLog
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.throwables.shouldThrowAny
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.maps.shouldNotContainKey
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldStartWith
import io.kotest.matchers.types.shouldBeSameInstanceAs
import io.opentelemetry.api.trace.SpanId
import java.io.IOException
import java.util.concurrent.CancellationException
import java.util.concurrent.Flow
import java.util.concurrent.FutureTask
import java.util.function.Supplier
import java.util.stream.Stream

/** A wrapped function is the function, plus one observation for each call. */
class ObservedTest :
    FunSpec({
        test("each call is an observation of its own, with input, output and type") {
            val observations =
                observationsOf { langfuse ->
                    val fetch =
                        langfuse.observed("fetch", RETRIEVER).function<String, List<String>> { listOf("doc of $it") }
                    fetch.apply("a") shouldBe listOf("doc of a")
                    fetch.apply("b") shouldBe listOf("doc of b")
                }
            observations.map { it.name } shouldBe listOf("fetch", "fetch")
            observations.map { it.type } shouldBe listOf("RETRIEVER", "RETRIEVER")
            observations.map { it.input } shouldBe listOf("a", "b")
            observations.map { it.output } shouldBe listOf("""["doc of a"]""", """["doc of b"]""")
            observations.map { it.traceId }.toSet().size shouldBe 2
            observations.forEach { it.shouldBeFine() }
        }

        test("it is current for the function, and a child of what is current where it is called") {
            treesOf { langfuse ->
                val tool = langfuse.observed("tool", TOOL).runnable { langfuse.observation("inner").block { } }
                langfuse.observation("outer").block { tool.run() }
            } shouldBe
                listOf(
                    """
                    outer  3 observations
                    └─ SPAN outer
                       └─ TOOL tool
                          └─ SPAN inner
                    """.trimIndent(),
                )
        }

        test("the input is nothing, the one argument, or the list") {
            val observations =
                observationsOf { langfuse ->
                    val observed = langfuse.observed("f", SPAN)
                    observed.fn(Observed.Fn0<String, Exception> { "0" }).apply() shouldBe "0"
                    observed.fn(Observed.Fn1<Any, String, Exception> { "1" }).apply(1) shouldBe "1"
                    observed.fn(Observed.Fn2<Any, Any, String, Exception> { _, _ -> "2" }).apply(1, 2) shouldBe "2"
                    observed
                        .fn(Observed.Fn3<Any, Any, Any, String, Exception> { _, _, _ -> "3" })
                        .apply(1, 2, 3) shouldBe "3"
                    observed
                        .fn(Observed.Fn4<Any, Any, Any, Any, String, Exception> { _, _, _, _ -> "4" })
                        .apply(1, 2, 3, 4) shouldBe "4"
                }
            observations.map { it.input } shouldBe listOf(null, "1", "[1,2]", "[1,2,3]", "[1,2,3,4]")
            observations.map { it.output } shouldBe listOf("0", "1", "2", "3", "4")
        }

        test("an array is one argument") {
            observationOf { langfuse ->
                langfuse.observed("f", SPAN).function<Array<String>, Int> { it.size }.apply(arrayOf("a", "b"))
            }.input shouldBe """["a","b"]"""
        }

        test("with names the input is an object; arguments without one are counted") {
            val observations =
                observationsOf { langfuse ->
                    langfuse
                        .observed("two", SPAN)
                        .inputNames("query", "limit")
                        .biFunction<String, Int, Int> { _, b -> b }
                        .apply("q", 3)
                    langfuse
                        .observed("more", SPAN)
                        .inputNames("query")
                        .biFunction<String, Int?, Int?> { _, b -> b }
                        .apply("q", null)
                    langfuse.observed("one", SPAN).inputNames("query").consumer<String> { }.accept("q")
                    langfuse.observed("none", SPAN).inputNames("query").runnable { }.run()
                }
            observations.map { it.input } shouldBe
                listOf("""{"query":"q","limit":3}""", """{"query":"q","arg1":null}""", """{"query":"q"}""", null)
        }

        test("views of every shape run what they wrap") {
            val observations =
                observationsOf { langfuse ->
                    val observed = langfuse.observed("f", CHAIN)
                    observed.supplier { "s" }.get() shouldBe "s"
                    observed.callable { "c" }.call() shouldBe "c"
                    var ran = ""
                    observed.runnable { ran += "r" }.run()
                    observed.consumer<String> { ran += it }.accept("a")
                    ran shouldBe "ra"
                }
            observations.map { it.output } shouldBe listOf("s", "c", null, null)
            observations.map { it.input } shouldBe listOf(null, null, null, "a")
        }

        test("nulls go in and out; a null result leaves the function's own output alone") {
            val observation =
                observationOf { langfuse ->
                    langfuse
                        .observed("f", SPAN)
                        .function<String?, String?> {
                            Observation.current().output("own")
                            it
                        }.apply(null)
                        .shouldBeNull()
                }
            observation.input.shouldBeNull()
            observation.output shouldBe "own"
        }

        test("a failure is an ERROR and leaves as the same instance; a cancellation is a WARNING") {
            val failure = IOException("no network")
            val cancellation = CancellationException("user went away")
            val observations =
                observationsOf { langfuse ->
                    val fails = langfuse.observed("fails", SPAN).callable<String> { throw failure }
                    shouldThrow<IOException> { fails.call() } shouldBeSameInstanceAs failure
                    val cancelled = langfuse.observed("cancelled", SPAN).runnable { throw cancellation }
                    shouldThrow<CancellationException> { cancelled.run() } shouldBeSameInstanceAs cancellation
                }
            observations[0] shouldBeError "no network"
            observations[1] shouldBeWarning "user went away"
        }

        test("capturing can be switched off, both ways apart") {
            val observations =
                observationsOf { langfuse ->
                    val observed = langfuse.observed("f", SPAN)
                    observed.captureInput(false).function<String, String> { "out" }.apply("in")
                    observed.captureOutput(false).function<String, String> { "out" }.apply("in")
                    observed.captureOutput(false).output { "shown" }.function<String, String> { "out" }.apply("in")
                }
            observations.map { it.input } shouldBe listOf(null, "in", "in")
            observations.map { it.output } shouldBe listOf("out", null, null)
        }

        listOf(
            "false" to false,
            "FALSE" to false,
            "0" to false,
            "true" to true,
            "" to true,
            null to true,
        ).forEach { (word, captured) ->
            test(
                "LANGFUSE_OBSERVE_DECORATOR_IO_CAPTURE_ENABLED '$word' captures: $captured, and an explicit call wins",
            ) {
                val environment =
                    listOfNotNull(
                        word?.let { "LANGFUSE_OBSERVE_DECORATOR_IO_CAPTURE_ENABLED" to it },
                    ).toMap()
                val settings = bareBuilder(environment).settings()
                val observations =
                    observationsOf({ captureIo(settings.captureIo()) }) { langfuse ->
                        val observed = langfuse.observed("f", SPAN)
                        observed.function<String, String> { "out" }.apply("in")
                        observed
                            .captureInput(true)
                            .captureOutput(true)
                            .function<String, String> { "out" }
                            .apply("in")
                        observed
                            .captureInput(false)
                            .captureOutput(false)
                            .function<String, String> { "out" }
                            .apply("in")
                    }
                observations.map { it.input } shouldBe listOf("in".takeIf { captured }, "in", null)
                observations.map { it.output } shouldBe listOf("out".takeIf { captured }, "out", null)
            }
        }

        test("a transform says what is recorded, not what is returned") {
            val observations =
                observationsOf { langfuse ->
                    val observed = langfuse.observed("f", SPAN)
                    observed.output { (it as String).length }.supplier { "four" }.get() shouldBe "four"
                    observed.output { null }.supplier { "four" }.get() shouldBe "four"
                    observed.output { error("not asked") }.supplier<String?> { null }.get().shouldBeNull()
                }
            observations.map { it.output } shouldBe listOf("4", null, null)
        }

        test("a transform that throws costs the output, and is warned of") {
            var observation: Any? = null
            warningsOf {
                observation =
                    observationOf { langfuse ->
                        langfuse
                            .observed("f", SPAN)
                            .output { throw AssertionError("hostile") }
                            .supplier { "out" }
                            .get() shouldBe "out"
                    }.also { it.shouldBeFine() }.output
            }.single() shouldStartWith "The output transform of an observed function threw java.lang.AssertionError"
            observation shouldBe "<output transform failed: AssertionError>"
        }

        test("options make a copy: what was wrapped before is not changed") {
            val observations =
                observationsOf { langfuse ->
                    val all = langfuse.observed("f", SPAN)
                    val some = all.captureInput(false)
                    all.function<String, String> { it }.apply("a")
                    some.function<String, String> { it }.apply("b")
                }
            observations.map { it.input } shouldBe listOf("a", null)
        }

        test("the function finds its generation, and adds what only it knows") {
            val observation =
                observationOf { langfuse ->
                    langfuse
                        .observed("chat", GENERATION)
                        .function<String, String> {
                            Generation.current().model("gpt-4o").usageDetails(Usage.of(1, 2))
                            "hi"
                        }.apply("hello")
                }
            observation.model shouldBe "gpt-4o"
            observation.usage shouldBe mapOf("input" to 1L, "output" to 2L)
            observation.completionStartTime.shouldBeNull()
        }

        test("an EVENT cannot hold a function: it becomes a SPAN, with a warning") {
            warningsOf {
                val observation =
                    observationOf { langfuse -> langfuse.observed("f", EVENT).supplier { "out" }.get() }
                observation.type shouldBe "SPAN"
                observation.output shouldBe "out"
            }.single() shouldStartWith "An observed function is no EVENT"
        }

        test("a domain type that can be iterated is a value, as is a plain Future") {
            val observations =
                observationsOf { langfuse ->
                    val page = Page(listOf("a"))
                    langfuse.observed("page", SPAN).supplier<Iterable<String>> { page }.get() shouldBeSameInstanceAs
                        page
                    val task = FutureTask { "later" }
                    langfuse.observed("task", SPAN).supplier { task }.get() shouldBeSameInstanceAs task
                }
            observations.map { it.name } shouldBe listOf("page", "task")
            observations[1].attributes shouldNotContainKey "langfuse.observation.output"
        }

        test("a disabled client runs everything, records nothing and asks no transform") {
            val thrown = IOException("still thrown")
            warningsOf {
                Langfuse.disabled(QuietLog(false)).use { langfuse ->
                    val observed = langfuse.observed("f", RETRIEVER).output { error("not asked") }
                    observed.function<String, String> { "$it!" }.apply("a") shouldBe "a!"
                    shouldThrowAny { observed.callable<String> { throw thrown }.call() } shouldBeSameInstanceAs thrown
                    observed.supplier { Stream.of("a", "b") }.get().toList() shouldBe listOf("a", "b")
                    observed.supplier { listOf("a").iterator() }.get().next() shouldBe "a"
                    val reader = Reader()
                    val publisher = observed.returns(Flow.Publisher::class.java)
                    publisher.supplier { Source(listOf("a")) as Flow.Publisher<String> }
                        .get()
                        .subscribe(reader)
                    reader.heard shouldBe listOf("a")
                    Observation.current().id() shouldBe SpanId.getInvalid()
                }
            }.shouldBeEmpty()
        }

        test("a trace that is not sampled is followed, keeps nothing and asks no transform") {
            withLangfuse({ sampleRate(0.0) }) { local, langfuse ->
                val observed = langfuse.observed("f", RETRIEVER).output { error("not asked") }
                observed.supplier { Stream.of("a", "b") }.get().toList() shouldBe listOf("a", "b")
                observed.supplier { "value" }.get() shouldBe "value"
                langfuse.flush(DEADLINE).exported() shouldBe 0
                local.observations().shouldBeEmpty()
            }
        }

        test("a null function fails where it is wrapped, not where it is called") {
            val supplier = Observed::class.java.getMethod("supplier", Supplier::class.java)
            withLangfuse { _, langfuse ->
                val thrown = shouldThrowAny { supplier.invoke(langfuse.observed("f", SPAN), null) }
                thrown.cause!!.message shouldBe "supplier"
            }
        }

        test("a null name, type and list of names are survived") {
            val observed = Langfuse::class.java.getMethod("observed", String::class.java, ObservationType::class.java)
            val names = Observed::class.java.getMethod("inputNames", Array<String>::class.java)
            val observations =
                observationsOf { langfuse ->
                    val unnamed = observed.invoke(langfuse, null, null) as Observed<*>
                    (names.invoke(unnamed, null) as Observed<*>).supplier { "out" }.get()
                    (names.invoke(unnamed, arrayOf<String?>(null)) as Observed<*>).consumer<String> { }.accept("in")
                }
            observations.map { it.type } shouldBe listOf("SPAN", "SPAN")
            observations.map { it.input } shouldContain """{"null":"in"}"""
        }
    }) {
    private class Page(
        private val items: List<String>,
    ) : Iterable<String> {
        override fun iterator() = items.iterator()
    }
}
