package com.langfuse.sdk.local

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.time.Duration
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletableFuture.supplyAsync
import java.util.concurrent.ForkJoinPool
import java.util.concurrent.TimeUnit

class AwaitingTest :
    FunSpec({

        val short = Duration.ofMillis(50)

        /** Starts waiting, hands over to the sending once that thread is parked, returns what it got. */
        fun <T> whileWaiting(
            await: () -> T,
            send: () -> Unit,
        ): T {
            val result = CompletableFuture<T>()
            val waiting =
                Thread {
                    runCatching(await).fold(result::complete, result::completeExceptionally)
                }.apply { start() }
            while (waiting.state != Thread.State.TIMED_WAITING && !result.isDone) Thread.onSpinWait()
            send()
            return result.get(SOON.toSeconds(), TimeUnit.SECONDS)
        }

        test("observations, once there are enough") {
            withLangfuse { langfuse, sender ->
                whileWaiting({ langfuse.awaitObservations(2, SOON) }) {
                    sender.post(export(span("a", 1)))
                    sender.post(export(span("b", 2)))
                }.map { it.name() } shouldBe listOf("a", "b")
            }
        }

        test("an observation by name, arriving before or after the call") {
            withLangfuse { langfuse, sender ->
                whileWaiting({ langfuse.awaitObservation("b", SOON) }) {
                    sender.post(export(span("a", 1)))
                    sender.post(export(span("b", 2)))
                }.id() shouldBe spanId(2)
                langfuse.awaitObservation("a", Duration.ZERO).id() shouldBe spanId(1)
            }
        }

        test("a trace by name, once it has enough observations") {
            withLangfuse { langfuse, sender ->
                whileWaiting({ langfuse.awaitTrace("root", SOON, 3) }) {
                    sender.post(export(span("child", 2, parent = 1), span("root", 9, trace = TRACE.reversed())))
                    sender.post(export(span("other", 3, parent = 1)))
                    sender.post(export(span("root", 1)))
                }.let {
                    it.id() shouldBe TRACE
                    it.observations() shouldHaveSize 3
                }
            }
        }

        test("a trace by the name it was given, whoever carries it") {
            withLangfuse { langfuse, sender ->
                sender.post(
                    export(span("root", 1), span("child", 2, 1, attributes = mapOf("langfuse.trace.name" to "given"))),
                )

                langfuse.awaitTrace("given", Duration.ZERO, 2).name() shouldBe "given"
                shouldThrow<AssertionError> { langfuse.awaitTrace("root", Duration.ZERO, 2) }
            }
        }

        test("requests, refused ones included") {
            withLangfuse { langfuse, sender ->
                whileWaiting({ langfuse.awaitRequests(2, SOON) }) {
                    sender.get("/nowhere")
                    sender.get("/api/public/health")
                }.map { it.status() } shouldBe listOf(404, 200)
            }
        }

        test("scores, once there are enough") {
            withLangfuse { langfuse, sender ->
                whileWaiting({ langfuse.awaitScores(2, SOON) }) {
                    sender.api("POST", "/api/public/scores", """{"name":"a","value":1,"traceId":"t"}""")
                    sender.api("POST", "/api/public/scores", """{"name":"b","value":1,"traceId":"t"}""")
                }.map { it.name() } shouldBe listOf("a", "b")
                shouldThrow<AssertionError> { langfuse.awaitScores(3, short) }
                    .message shouldContain "for at least 3 scores, of 2 that came."
            }
        }

        test("what was forgotten no longer counts for those who wait") {
            withLangfuse { langfuse, sender ->
                sender.post(export(span("a", 1)))
                whileWaiting({ langfuse.awaitObservation("b", SOON) }) {
                    langfuse.clear()
                    sender.post(export(span("b", 2)))
                }.name() shouldBe "b"
                shouldThrow<AssertionError> { langfuse.awaitObservation("a", Duration.ZERO) }
            }
        }

        test("the deadline passes with a message that shows what came instead") {
            withLangfuse { langfuse, sender ->
                sender.post(export(span("root", 1), span("child", 2, parent = 1)))
                sender.get("/api/public/projects", authorization = null)

                val message = shouldThrow<AssertionError> { langfuse.awaitTrace("root", short, 3) }.message!!
                message shouldContain "Waited 50 ms for a trace 'root' with at least 3 observations."
                message shouldContain "└─ SPAN root  100 ms\n   └─ SPAN child  100 ms"
                message shouldContain "GET /api/public/projects → 401"

                shouldThrow<AssertionError> { langfuse.awaitObservation("x", short) }
                    .message shouldContain "for an observation 'x'."
                shouldThrow<AssertionError> { langfuse.awaitObservations(3, short) }
                    .message shouldContain "for at least 3 observations."
                shouldThrow<AssertionError> { langfuse.awaitRequests(3, short) }
                    .message shouldContain "for at least 3 requests."
            }
        }

        test("the message says so when nothing came at all") {
            withLangfuse { langfuse, _ ->
                val message = shouldThrow<AssertionError> { langfuse.awaitObservations(1, Duration.ZERO) }.message
                message shouldContain "No observation arrived."
                message shouldContain "No request arrived"
            }
        }

        test("the message stays readable when far too much came") {
            withLangfuse { langfuse, sender ->
                sender.post(export((1..1_000).map { span("step", it) }))

                val message = shouldThrow<AssertionError> { langfuse.awaitObservation("x", Duration.ZERO) }.message!!
                message.lines().size shouldBeLessThan 250
                message shouldContain "1000 observations in 1 trace, of which the first 200 lines:"
            }
        }

        test("the longest of deadlines is no overflow") {
            withLangfuse { langfuse, sender ->
                whileWaiting({ langfuse.awaitObservations(1, Duration.ofSeconds(Long.MAX_VALUE)) }) {
                    sender.post(export(span("a")))
                } shouldHaveSize 1
            }
        }

        test("an interrupted thread gets the error at once and stays interrupted") {
            withLangfuse { langfuse, _ ->
                val stayed =
                    supplyAsync({
                        Thread.currentThread().interrupt()
                        shouldThrow<AssertionError> { langfuse.awaitObservations(1, SOON) }
                        Thread.interrupted()
                    }, ForkJoinPool.commonPool())
                stayed.get(SOON.toSeconds() / 2, TimeUnit.SECONDS) shouldBe true
            }
        }

        test("a deadline long ago is over at once") {
            withLangfuse { langfuse, _ ->
                langfuse.awaitTraces({ false }, Duration.ofSeconds(Long.MIN_VALUE)) shouldBe false
                shouldThrow<AssertionError> { langfuse.awaitScores(1, Duration.ofSeconds(Long.MIN_VALUE)) }.message!!
                    .shouldContain("Waited <1 ms for at least 1 score")
            }
        }

        test("a null is refused by the name of its argument") {
            withLangfuse { langfuse, _ ->
                @Suppress("UNCHECKED_CAST")
                fun <T> none(): T = listOf<T?>(null).first() as T

                fun refusal(call: () -> Unit) = shouldThrow<NullPointerException>(call).message
                listOf<() -> Unit>(
                    { langfuse.awaitObservations(1, none()) },
                    { langfuse.awaitObservation("a", none()) },
                    { langfuse.awaitTrace("a", none(), 1) },
                    { langfuse.awaitTraces({ true }, none()) },
                    { langfuse.awaitScores(1, none()) },
                    { langfuse.awaitMedia(1, none()) },
                    { langfuse.awaitRequests(1, none()) },
                ).map(::refusal).toSet() shouldBe setOf("deadline")
                refusal { langfuse.awaitObservation(none(), SOON) } shouldBe "name"
                refusal { langfuse.awaitTrace(none(), SOON, 1) } shouldBe "name"
                refusal { langfuse.awaitTraces(none(), SOON) } shouldBe "condition"
                refusal { langfuse.enqueue(none()) } shouldBe "fault"
                refusal { Fault.delay(none()) } shouldBe "delay"
            }
        }
    })
