package com.langfuse.sdk

import com.langfuse.sdk.ObservationType.SPAN
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.throwables.shouldThrowAny
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import io.kotest.matchers.types.shouldBeSameInstanceAs
import io.opentelemetry.api.trace.SpanId
import java.io.IOException
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.util.concurrent.CancellationException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionException
import java.util.concurrent.CompletionStage
import java.util.concurrent.ExecutionException
import java.util.concurrent.Executor
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import java.util.function.Supplier
import java.util.stream.Stream

/** A stage ends its observation by completing. */
class ObservedFuturesTest :
    FunSpec({
        fun <T> Langfuse.future(source: CompletableFuture<T>): CompletableFuture<T> =
            observed("later", SPAN).supplier(Supplier { source }).get()

        test("the observation ends when the future completes, before whoever waits goes on") {
            val executor = Executors.newSingleThreadExecutor()
            val observations =
                observationsOf { langfuse ->
                    repeat(100) {
                        val source = CompletableFuture<String>()
                        val future = langfuse.future(source)
                        executor.execute { source.complete("value") }
                        future.join() shouldBe "value"
                        langfuse.flush(DEADLINE).exported() shouldBe 1
                    }
                }
            executor.shutdown()
            observations.map { it.output }.toSet() shouldBe setOf("value")
        }

        test("it is current while the function runs, not while the caller waits") {
            val source = CompletableFuture<String>()
            observationOf { langfuse ->
                val later =
                    langfuse
                        .observed("later", SPAN)
                        .supplier(
                            Supplier {
                                Observation.current().metadata("seen", "inside")
                                source
                            },
                        ).get()
                Observation.current().id() shouldBe SpanId.getInvalid()
                source.complete("value")
                later.join()
            }.metadata["seen"] shouldBe "inside"
        }

        test("a future that is done already is handed back itself") {
            val done = CompletableFuture.completedFuture("value")
            val failed = CompletableFuture.failedFuture<String>(IOException("broken"))
            val nothing = CompletableFuture.completedFuture<String?>(null)
            val observations =
                observationsOf { langfuse ->
                    langfuse.future(done) shouldBeSameInstanceAs done
                    langfuse.future(failed) shouldBeSameInstanceAs failed
                    langfuse.future(nothing) shouldBeSameInstanceAs nothing
                }
            observations[0].output shouldBe "value"
            observations[1] shouldBeError "broken"
            observations[2].output shouldBe null
        }

        test("a failure is an ERROR with the cause's message; the same instance arrives") {
            val thrown = IOException("broken")
            val observations =
                observationsOf { langfuse ->
                    listOf(thrown, CompletionException(thrown)).forEach {
                        val source = CompletableFuture<String>()
                        val future = langfuse.future(source)
                        source.completeExceptionally(it)
                        shouldThrow<ExecutionException> { future.get() }.cause shouldBeSameInstanceAs thrown
                    }
                }
            observations.size shouldBe 2
            observations.forEach { it shouldBeError "broken" }
        }

        test("cancelling reaches the function's future, and is a WARNING") {
            val source = CompletableFuture<String>()
            observationOf { langfuse ->
                val future = langfuse.future(source)
                future.cancel(true) shouldBe true
                source.isCancelled shouldBe true
                shouldThrow<CancellationException> { future.join() }
            } shouldBeWarning "cancelled"
        }

        test("completing the future by hand reaches the function's, as does running out of time") {
            val source = CompletableFuture<String>()
            val slow = CompletableFuture<String>()
            val observations =
                observationsOf { langfuse ->
                    langfuse.future(source).complete("mine")
                    source.join() shouldBe "mine"
                    val late = langfuse.future(slow).orTimeout(1, TimeUnit.MILLISECONDS)
                    shouldThrow<ExecutionException> { late.get() }
                    shouldThrowAny { slow.join() }
                    val patient = langfuse.future(CompletableFuture<String>())
                    patient.completeOnTimeout("default", 1, TimeUnit.MILLISECONDS).join() shouldBe "default"
                    val replaced = langfuse.future(CompletableFuture<String>())
                    replaced.completeAsync { "async" }.join() shouldBe "async"
                }
            observations[0].output shouldBe "mine"
            observations[1] shouldBeError "TimeoutException"
            observations[2].output shouldBe "default"
            observations[3].output shouldBe "async"
        }

        test("a future of a class of its own is handed back itself and listened to") {
            val named = Named<String>()
            val observation =
                observationOf { langfuse ->
                    val future: Named<String> = langfuse.observed("f", SPAN).supplier(Supplier { named }).get()
                    future shouldBeSameInstanceAs named
                    future.complete("value")
                }
            observation.output shouldBe "value"
        }

        test("what a future of its own class does is followed, too, where the declaration says so") {
            val named = Named<String>()
            val observation =
                observationOf { langfuse ->
                    val stage: CompletionStage<String> =
                        langfuse
                            .observed("f", SPAN)
                            .returns(CompletionStage::class.java)
                            .supplier<CompletionStage<String>> { named }
                            .get()
                    stage.shouldBeInstanceOf<CompletableFuture<String>>()
                    named.complete("value")
                }
            observation.output shouldBe "value"
        }

        test("the JDK's HTTP client answers with a future of a hidden class: it is followed like a plain one") {
            withLangfuse { local, langfuse ->
                val request = HttpRequest.newBuilder(local.baseUrl()).build()
                val http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()
                val status =
                    langfuse.observed("get", SPAN).supplier {
                        http.sendAsync(request, HttpResponse.BodyHandlers.discarding()).thenApply { it.statusCode() }
                    }
                repeat(20) {
                    val code = status.get().join()
                    langfuse.flush(DEADLINE).exported() shouldBe 1
                    local.observations().last().output shouldBe "$code"
                }
            }
        }

        test("a minimal stage and a stage of somebody else's are listened to") {
            val source = CompletableFuture<String>()
            val observations =
                observationsOf { langfuse ->
                    val minimal = source.minimalCompletionStage()
                    langfuse.observed("minimal", SPAN).supplier { minimal }.get() shouldBeSameInstanceAs minimal
                    source.complete("value")
                }
            observations.single().output shouldBe "value"
        }

        test("a stage that cannot be listened to ends its observation at once") {
            val hostile = object : CompletionStage<String> by CompletableFuture() {
                override fun whenComplete(
                    action: java.util.function.BiConsumer<in String, in Throwable>?,
                ): CompletionStage<String> = throw UnsupportedOperationException("no")
            }
            warningsOf {
                observationOf { langfuse ->
                    langfuse
                        .observed("f", SPAN)
                        .supplier<CompletionStage<String>> { hostile }
                        .get() shouldBeSameInstanceAs
                        hostile
                }.shouldBeFine()
            }.size shouldBe 1
        }

        test("a stream that comes later is followed to its end, too") {
            val source = CompletableFuture<Stream<String>>()
            val observations =
                observationsOf { langfuse ->
                    val later = langfuse.future(source)
                    source.complete(Stream.of("a", "b"))
                    val stream = later.join()
                    langfuse.flush(DEADLINE).exported() shouldBe 0
                    stream.toList() shouldBe listOf("a", "b")
                    val now = langfuse.future(CompletableFuture.completedFuture(Stream.of("c")))
                    now.join().toList() shouldBe listOf("c")
                }
            observations.map { it.output } shouldBe listOf("ab", "c")
        }

        test("a future that one observed function hands on of another's ends both") {
            val source = CompletableFuture<String>()
            val observations =
                observationsOf { langfuse ->
                    val inner = langfuse.observed("inner", SPAN).supplier(Supplier { source })
                    val outer = langfuse.observed("outer", SPAN).supplier(inner).get()
                    outer.cancel(true) shouldBe true
                    outer.isCancelled shouldBe true
                    source.isCancelled shouldBe true
                }
            observations.size shouldBe 2
            observations.forEach { it shouldBeWarning "cancelled" }
        }

        test("a caller's own steps run where they would without us") {
            val source = CompletableFuture<String>()
            val asked = mutableListOf<Runnable>()
            observationOf { langfuse ->
                val future = langfuse.future(source).thenApplyAsync({ it.length }, Executor { asked += it })
                source.complete("four")
                asked.single().run()
                future.join() shouldBe 4
            }
        }
    }) {
    /** A class that a function may be declared to return. */
    class Named<T> : CompletableFuture<T>()
}
