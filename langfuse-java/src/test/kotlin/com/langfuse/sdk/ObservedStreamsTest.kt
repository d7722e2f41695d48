package com.langfuse.sdk

import com.langfuse.sdk.ObservationType.EMBEDDING
import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.ObservationType.RETRIEVER
import com.langfuse.sdk.ObservationType.SPAN
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.throwables.shouldThrowAny
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeSameInstanceAs
import io.opentelemetry.api.trace.SpanId
import io.opentelemetry.context.Context
import java.util.Scanner
import java.util.concurrent.Flow
import java.util.function.Supplier
import java.util.stream.IntStream
import java.util.stream.Stream

/** Streams, iterators and lazy iterables end their observation when they have been read. */
class ObservedStreamsTest :
    FunSpec({
        fun Langfuse.stream(make: () -> Stream<String>): Stream<String> =
            observed("s", GENERATION).supplier(Supplier { make() }).get()

        fun Langfuse.iterator(make: () -> Iterator<String>): Iterator<String> =
            observed("i", GENERATION).supplier(Supplier { make() }).get()

        test("a stream ends its observation at its end, with the texts joined") {
            val observation =
                observationOf { langfuse ->
                    val stream = langfuse.stream { Stream.of("Hel", "lo") }
                    langfuse.flush(DEADLINE).exported() shouldBe 0
                    stream.toList() shouldBe listOf("Hel", "lo")
                }
            observation.output shouldBe "Hello"
            observation.completionStartTime.shouldNotBeNull()
            observation.shouldBeFine()
        }

        test("other items become a list, none an empty one; a transform gets what was collected") {
            val observations =
                observationsOf { langfuse ->
                    val observed = langfuse.observed("s", RETRIEVER)
                    observed.supplier { Stream.of(1, 2) }.get().count() shouldBe 2
                    observed.supplier<Stream<Any>> { Stream.of("a", 2) }.get().toList() shouldBe listOf("a", 2)
                    observed.supplier { Stream.empty<String>() }.get().toList().shouldBeEmpty()
                    observed.output { "${(it as List<*>).size} hits" }.supplier { Stream.of(1, 2) }.get().toList()
                    observed.collect(false).supplier { Stream.of(1, 2) }.get().toList() shouldBe listOf(1, 2)
                    observed.captureOutput(false).supplier { Stream.of(1, 2) }.get().toList() shouldBe listOf(1, 2)
                }
            observations.map { it.output } shouldBe listOf("[1,2]", """["a",2]""", "[]", "2 hits", null, null)
            observations.forEach { it.completionStartTime.shouldBeNull() }
        }

        test("items are made with the observation current, and read without it") {
            val readers = mutableListOf<String?>()
            val trees =
                treesOf { langfuse ->
                    fun item(n: Int) = langfuse.observation("make $n").block { "$n" }

                    fun read(item: String) {
                        readers += Observation.current().id()
                        langfuse.observation("read $item").block { }
                    }
                    langfuse.observed("pushed", SPAN).supplier { Stream.of(1).map(::item) }.get().forEach(::read)
                    langfuse.observed("pulled", SPAN).supplier { Stream.of(2).map(::item) }.get().iterator()
                        .forEach(::read)
                    langfuse.observed("iterator", SPAN).supplier<Iterator<String>> {
                        iterator { yield(item(3)) }
                    }.get().forEach(::read)
                    langfuse.observed("iterable", SPAN).supplier<Iterable<String>> {
                        Iterable { iterator { yield(item(4)) } }
                    }.get().forEach(::read)
                    Context.current() shouldBeSameInstanceAs Context.root()
                }
            readers shouldBe List(4) { SpanId.getInvalid() }
            trees.size shouldBe 8
            listOf("pushed" to 1, "pulled" to 2, "iterator" to 3, "iterable" to 4).forEach { (name, n) ->
                trees.filter { it.contains("SPAN $name\n   └─ SPAN make $n") }.size shouldBe 1
                trees.filter { it.endsWith("└─ SPAN read $n") }.size shouldBe 1
            }
        }

        test("a stream that fails is an ERROR with what came before; the same instance leaves") {
            val thrown = IllegalStateException("line 2")
            val failing = { Stream.of("a", "b").map { if (it == "b") throw thrown else it } }
            val observations =
                observationsOf { langfuse ->
                    shouldThrow<IllegalStateException> { langfuse.stream(failing).forEach { } } shouldBeSameInstanceAs
                        thrown
                    val iterator = langfuse.stream(failing).iterator()
                    iterator.next() shouldBe "a"
                    shouldThrow<IllegalStateException> { iterator.next() } shouldBeSameInstanceAs thrown
                }
            observations.size shouldBe 2
            observations.forEach {
                it shouldBeError "line 2"
                it.output shouldBe "a"
            }
        }

        test("a stream closed before its end is a WARNING, with what came; after it, fine") {
            var closed = 0
            val observations =
                observationsOf { langfuse ->
                    langfuse.stream { Stream.of("a", "b").onClose { closed++ } }.use {
                        it.findFirst().get() shouldBe "a"
                    }
                    langfuse.stream { Stream.of("a", "b").onClose { closed++ } }.close()
                    langfuse.stream { Stream.of("a", "b").onClose { closed++ } }.use { it.toList() }
                }
            closed shouldBe 3
            observations[0] shouldBeWarning "closed before its end"
            observations[0].output shouldBe "a"
            observations[1] shouldBeWarning "closed before its end"
            observations[1].output.shouldBeNull()
            observations[2].shouldBeFine()
        }

        test("closing that fails is an ERROR and leaves as it is") {
            val thrown = IllegalStateException("cannot close")
            observationOf { langfuse ->
                val stream = langfuse.stream { Stream.of("a").onClose { throw thrown } }
                shouldThrow<IllegalStateException> { stream.close() } shouldBeSameInstanceAs thrown
            } shouldBeError "cannot close"
        }

        test("a reader who throws leaves the stream: a WARNING, for it is not the stream's fault") {
            val thrown = IllegalStateException("reader")
            val observations =
                observationsOf { langfuse ->
                    shouldThrowAny {
                        langfuse.stream { Stream.of("a") }.forEach { throw thrown }
                    } shouldBeSameInstanceAs
                        thrown
                    shouldThrowAny {
                        langfuse.stream { Stream.of("a") }.peek { throw thrown }.findFirst()
                    } shouldBeSameInstanceAs thrown
                }
            observations.size shouldBe 2
            observations.forEach { it shouldBeWarning "left by its reader" }
        }

        test("a stream that nobody reads or closes ends as garbage") {
            val observation = observationOfGarbage { langfuse -> langfuse.stream { Stream.of("a") } }
            observation shouldBeWarning "never read"
            observation.completionStartTime.shouldBeNull()
        }

        test("so does one that is read in part, with what came") {
            val observation =
                observationOfGarbage { langfuse ->
                    langfuse.stream { Stream.of("a", "b") }.findFirst().get() shouldBe "a"
                }
            observation shouldBeWarning "dropped before its end"
            observation.output shouldBe "a"
        }

        test("a stream the function has used up itself is handed on, and its failure is the caller's") {
            warningsOf {
                observationOf { langfuse ->
                    val stream = langfuse.stream { Stream.of("a").also { it.toList() } }
                    shouldThrow<IllegalStateException> { stream.toList() }
                }.shouldBeFine()
            }.single() shouldContain "cannot be followed"
        }

        test("a stream keeps its laziness, order and parallel flag") {
            val observation =
                observationOf { langfuse ->
                    val made = mutableListOf<Int>()
                    val stream =
                        langfuse.observed("s", SPAN).supplier {
                            Stream.of(0).flatMap { IntStream.range(0, 3).boxed() }.peek { made += it }.parallel()
                        }.get()
                    stream.isParallel shouldBe true
                    made.shouldBeEmpty()
                    stream.sequential().forEach { made.size shouldBe it + 1 }
                }
            observation.output shouldBe "[0,1,2]"
        }

        test("a stream that is read in parallel ends once") {
            val observation =
                observationOf { langfuse ->
                    val stream =
                        langfuse.observed("s", SPAN).supplier { IntStream.range(0, 1_000).boxed().parallel() }.get()
                    stream.mapToInt { it }.sum() shouldBe 499_500
                }
            observation.shouldBeFine()
            observation.output!!.count { it == ',' } shouldBe 999
        }

        test("an iterator ends its observation when it says that it is over") {
            val observations =
                observationsOf { langfuse ->
                    langfuse.iterator { listOf("a", "b").iterator() }.asSequence().toList() shouldBe listOf("a", "b")
                    val unasked = langfuse.iterator { iterator { yield("c") } }
                    unasked.next() shouldBe "c"
                    shouldThrow<NoSuchElementException> { unasked.next() }
                    langfuse.iterator { java.util.List.of("d").iterator() }.forEachRemaining { it shouldBe "d" }
                }
            observations.map { it.output } shouldBe listOf("ab", "c", "d")
            observations.forEach {
                it.shouldBeFine()
                it.completionStartTime.shouldNotBeNull()
            }
        }

        test("a NoSuchElementException after hasNext said yes is a failure") {
            val thrown = NoSuchElementException("no such user")
            observationOf { langfuse ->
                val iterator =
                    langfuse.iterator {
                        object : Iterator<String> {
                            override fun hasNext() = true

                            override fun next(): String = throw thrown
                        }
                    }
                iterator.hasNext() shouldBe true
                shouldThrowAny { iterator.next() } shouldBeSameInstanceAs thrown
            } shouldBeError "no such user"
        }

        test("hasNext that throws is a failure") {
            val thrown = IllegalStateException("connection lost")
            observationOf { langfuse ->
                val iterator = langfuse.iterator { iterator { throw thrown } }
                shouldThrowAny { iterator.hasNext() } shouldBeSameInstanceAs thrown
            } shouldBeError "connection lost"
        }

        test("what one observed function hands on of another's is followed by both") {
            warningsOf {
                val observations =
                    observationsOf { langfuse ->
                        val inner = langfuse.observed("inner", SPAN)
                        val outer = langfuse.observed("outer", SPAN)
                        val list = { java.util.List.of("a").iterator() }
                        val iterator = inner.supplier(Supplier<Iterator<String>> { list() })
                        outer.supplier(iterator).get().forEachRemaining { }
                        val iterable = inner.supplier<Iterable<String>> { Iterable { list() } }
                        outer.supplier(iterable).get().forEach { }
                        val stream = inner.supplier { Stream.of("a") }
                        outer.supplier(stream).get().toList()
                        val publisher = inner.supplier<Flow.Publisher<String>> { Flow.Publisher { it.onComplete() } }
                        outer.supplier(publisher).get().subscribe(Reader())
                    }
                observations.map { it.name } shouldBe List(4) { listOf("outer", "inner") }.flatten()
                observations.map { it.output } shouldBe List(6) { "a" } + listOf("[]", "[]")
                observations.forEach { it.shouldBeFine() }
            }.shouldBeEmpty()
        }

        test("a stream that its own input leads to can become garbage, too") {
            observationOfGarbage { langfuse ->
                val slot = arrayOfNulls<Any>(1)
                slot[0] =
                    langfuse.observed("s", SPAN).function<Array<Any?>, Stream<String>> { Stream.of("a") }.apply(slot)
            } shouldBeWarning "never read"
        }

        test("an iterator that is dropped ends as garbage") {
            observationOfGarbage { langfuse ->
                langfuse.iterator { iterator { yield("a") } }.next() shouldBe "a"
            } shouldBeWarning "dropped before its end"
        }

        test("items may be null: they are handed on, and not collected") {
            val observation =
                observationOf { langfuse ->
                    langfuse.observed("i", SPAN).supplier<Iterator<String?>> {
                        listOf("a", null, "b").iterator()
                    }.get().asSequence().toList() shouldBe listOf("a", null, "b")
                }
            observation.output shouldBe "ab"
        }

        test("a list iterator is still one") {
            val observation =
                observationOf { langfuse ->
                    val list = mutableListOf("a", "b", "c")
                    val iterator =
                        langfuse.observed("i", SPAN).supplier<MutableListIterator<String>> { list.listIterator() }.get()
                    iterator.next() shouldBe "a"
                    iterator.set("A")
                    iterator.hasPrevious() shouldBe true
                    iterator.previousIndex() shouldBe 0
                    iterator.previous() shouldBe "A"
                    iterator.next() shouldBe "A"
                    iterator.nextIndex() shouldBe 1
                    iterator.add("n")
                    iterator.next() shouldBe "b"
                    iterator.remove()
                    iterator.asSequence().toList() shouldBe listOf("c")
                    list shouldBe listOf("A", "n", "c")
                }
            observation.output shouldBe "aAbc"
        }

        test("each reading of an iterable is an observation: siblings with the same input") {
            val observations =
                observationsOf { langfuse ->
                    val lazy =
                        langfuse.observation("outer").block {
                            langfuse.observed("lazy", SPAN).function<String, Iterable<String>> { input ->
                                Iterable { iterator { yield(input) } }
                            }.apply("in")
                        }
                    lazy.toList() shouldBe listOf("in")
                    lazy.toList() shouldBe listOf("in")
                }
            val outer = observations.single { it.name == "outer" }
            val readings = observations.filter { it.name == "lazy" }
            readings.size shouldBe 2
            readings.forEach {
                it.parentId shouldBe outer.id
                it.input shouldBe "in"
                it.output shouldBe "in"
            }
        }

        test("an iterable that is never read ends as garbage; one whose iterator() throws, as ERROR") {
            observationOfGarbage { langfuse ->
                langfuse.observed("lazy", SPAN).supplier<Iterable<String>> { Iterable { listOf("a").iterator() } }.get()
            } shouldBeWarning "never read"
            val thrown = IllegalStateException("no cursor")
            observationOf { langfuse ->
                val lazy =
                    langfuse.observed("lazy", SPAN).supplier<Iterable<String>> { Iterable { throw thrown } }.get()
                shouldThrowAny { lazy.iterator() } shouldBeSameInstanceAs thrown
            } shouldBeError "no cursor"
        }

        test("a class of its own is handed on as it is, with a word on how to have it followed") {
            warningsOf {
                val observation =
                    observationOf { langfuse ->
                        val scanner: Scanner =
                            langfuse.observed("scan", SPAN).supplier(Supplier { Scanner("a b") }).get()
                        scanner.next() shouldBe "a"
                    }
                observation.shouldBeFine()
                observation.output.shouldBeNull()
            }.single() shouldContain "returns(Iterator.class) or returns(Scanner.class)"
        }

        test("with the word it is followed, or left alone in silence") {
            warningsOf {
                val observations =
                    observationsOf { langfuse ->
                        val followed: Iterator<String> =
                            langfuse.observed("scan", SPAN).returns(Iterator::class.java)
                                .supplier<Iterator<String>> { Scanner("a b") }.get()
                        followed.asSequence().toList() shouldBe listOf("a", "b")
                        val left: Scanner =
                            langfuse.observed("scan", SPAN).returns(Scanner::class.java)
                                .supplier(Supplier { Scanner("a b") }).get()
                        left.next() shouldBe "a"
                    }
                observations.map { it.output } shouldBe listOf("ab", null)
            }.shouldBeEmpty()
        }

        test("the first item of an embedding is its completion start, too") {
            observationOf { langfuse ->
                langfuse.observed("e", EMBEDDING).supplier { Stream.of(1.0) }.get().toList()
            }.completionStartTime.shouldNotBeNull()
        }
    })
