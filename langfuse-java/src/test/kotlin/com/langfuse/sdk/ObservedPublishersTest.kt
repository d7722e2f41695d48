package com.langfuse.sdk

import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.ObservationType.SPAN
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.throwables.shouldThrowAny
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import io.kotest.matchers.types.shouldBeSameInstanceAs
import io.opentelemetry.api.trace.SpanId
import java.io.IOException
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executor
import java.util.concurrent.Flow
import java.util.concurrent.SubmissionPublisher
import java.util.concurrent.TimeUnit

/** Each subscription of a publisher is followed to its end. */
class ObservedPublishersTest :
    FunSpec({
        fun Langfuse.publisher(source: Flow.Publisher<String>): Flow.Publisher<String> =
            observed("p", GENERATION)
                .returns(Flow.Publisher::class.java)
                .function<String, Flow.Publisher<String>> { source }
                .apply("in")

        test("a subscription ends its observation before its reader hears of the end") {
            val observation =
                observationOf { langfuse ->
                    val reader = Reader()
                    val publisher = langfuse.publisher(Source(listOf("Hel", "lo")))
                    langfuse.flush(DEADLINE).exported() shouldBe 0
                    publisher.subscribe(reader)
                    reader.heard shouldBe listOf("Hel", "lo")
                    reader.completed shouldBe true
                }
            observation.input shouldBe "in"
            observation.output shouldBe "Hello"
            observation.completionStartTime.shouldNotBeNull()
            observation.shouldBeFine()
        }

        test("requests go up with the observation current, items come down without it") {
            var outer: String? = null
            val up = mutableListOf<String?>()
            val down = mutableListOf<String?>()
            val observations =
                observationsOf { langfuse ->
                    val source = Source(listOf("a", "b"), onPull = { up += Observation.current().id() })
                    val publisher = langfuse.publisher(source)
                    langfuse.observation("outer").block {
                        outer = it.id()
                        publisher.subscribe(Reader { down += Observation.current().id() })
                    }
                }
            up.toSet() shouldBe setOf(observations.single { it.name == "p" }.id)
            down shouldBe listOf(outer, outer)
        }

        test("a failure is an ERROR; the reader gets the same instance") {
            val thrown = IOException("broken")
            val reader = Reader()
            val observation =
                observationOf { langfuse -> langfuse.publisher(Source(listOf("a"), thrown)).subscribe(reader) }
            reader.thrown shouldBeSameInstanceAs thrown
            observation shouldBeError "broken"
            observation.output shouldBe "a"
        }

        test("a cancelled subscription is a WARNING, and the source hears of it") {
            val source = Source(listOf("a", "b", "c"))
            val observation = observationOf { langfuse -> langfuse.publisher(source).subscribe(Reader(limit = 2)) }
            observation shouldBeWarning "subscription cancelled"
            observation.output shouldBe "ab"
            source.cancelled shouldBe 1
        }

        test("a reader who throws leaves it: a WARNING, and the source gets the exception") {
            val thrown = IllegalStateException("reader")
            observationOf { langfuse ->
                shouldThrowAny {
                    langfuse.publisher(Source(listOf("a"))).subscribe(Reader { throw thrown })
                } shouldBeSameInstanceAs thrown
            } shouldBeWarning "left by its reader"
        }

        test("a source that refuses to be subscribed to is an ERROR") {
            val thrown = IllegalStateException("sold out")
            observationOf { langfuse ->
                shouldThrowAny { langfuse.publisher { throw thrown }.subscribe(Reader()) } shouldBeSameInstanceAs thrown
            } shouldBeError "sold out"
        }

        test("a second subscription is an observation of its own, and no subscriber at all is none") {
            val observations =
                observationsOf { langfuse ->
                    val publisher = langfuse.publisher(Source(listOf("a")))
                    val subscribe = Flow.Publisher::class.java.getMethod("subscribe", Flow.Subscriber::class.java)
                    shouldThrowAny { subscribe.invoke(publisher, null) }
                        .cause
                        .shouldBeInstanceOf<NullPointerException>()
                    repeat(2) { publisher.subscribe(Reader()) }
                }
            observations.map { it.input } shouldBe listOf("in", "in")
            observations.map { it.output } shouldBe listOf("a", "a")
        }

        test("a publisher that nobody subscribes to ends as garbage") {
            observationOfGarbage { langfuse -> langfuse.publisher(Source(listOf("a"))) } shouldBeWarning "never read"
        }

        test("signals on other threads end it once, and leave nothing current there") {
            val current = mutableListOf<String?>()
            val done = CountDownLatch(1)
            val source = SubmissionPublisher<String>()
            val observation =
                observationOf { langfuse ->
                    langfuse.publisher(source).subscribe(
                        object : Flow.Subscriber<String> {
                            override fun onSubscribe(subscription: Flow.Subscription) =
                                subscription.request(Long.MAX_VALUE)

                            override fun onNext(item: String) {
                                current += Observation.current().id()
                            }

                            override fun onError(thrown: Throwable) = Unit

                            override fun onComplete() = done.countDown()
                        },
                    )
                    repeat(100) { source.submit("x") }
                    source.close()
                    done.await(DEADLINE.toSeconds(), TimeUnit.SECONDS) shouldBe true
                }
            observation.output shouldBe "x".repeat(100)
            observation.shouldBeFine()
            current.toSet() shouldBe setOf(SpanId.getInvalid())
        }

        test("a lambda is followed without a word, a public class only with one") {
            val direct = Executor { it.run() }
            val observations =
                observationsOf { langfuse ->
                    val lambda = langfuse.observed("p", SPAN).supplier<Flow.Publisher<String>> {
                        Flow.Publisher { subscriber -> Source(listOf("a")).subscribe(subscriber) }
                    }
                    lambda.get().subscribe(Reader())
                    warningsOf {
                        val source = SubmissionPublisher<String>(direct, 1)
                        val same: SubmissionPublisher<String> =
                            langfuse.observed("p", SPAN).callable<SubmissionPublisher<String>> { source }.call()
                        same shouldBeSameInstanceAs source
                    }.size shouldBe 1
                }
            observations.map { it.output } shouldBe listOf("a", null)
        }

        test("what a subscriber may not do is still the source's to say") {
            val reader = Reader()
            observationOf { langfuse ->
                val source = SubmissionPublisher<String>({ it.run() }, 1)
                val publisher = langfuse.publisher(source)
                publisher.subscribe(reader)
                source.closeExceptionally(IOException("closed"))
                shouldThrow<IllegalStateException> { source.submit("x") }
                reader.thrown?.message shouldBe "closed"
            }.output.shouldBeNull()
        }
    })
