package com.langfuse.sdk.local.assertion

import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.local.SOON
import com.langfuse.sdk.local.TRACE
import com.langfuse.sdk.local.assertion.LangfuseAssertions.assertThat
import com.langfuse.sdk.local.assertion.LangfuseAssertions.span
import com.langfuse.sdk.local.assertion.LangfuseAssertions.tool
import com.langfuse.sdk.local.export
import com.langfuse.sdk.local.spanId
import com.langfuse.sdk.local.withLangfuse
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.time.Duration
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit.SECONDS

/** When an assertion is decided. */
class AwaitingAssertionTest :
    FunSpec({
        val tree = span("request", tool("a"), tool("b"))
        val spans = spansOf(sent("span", "request", sent("tool", "a"), sent("tool", "b")))

        /** Runs the assertion on a thread of its own, and the sending once that one waits. */
        fun whileWaiting(assertion: () -> Unit, send: () -> Unit): Throwable? {
            val outcome = CompletableFuture<Throwable?>()
            val waiting = Thread { outcome.complete(runCatching(assertion).exceptionOrNull()) }
            waiting.isDaemon = true
            waiting.start()
            while (waiting.state != Thread.State.TIMED_WAITING && !outcome.isDone) Thread.onSpinWait()
            send()
            return outcome.get(SOON.toSeconds(), SECONDS)
        }

        test("the trace may come later, in pieces, in any order") {
            withLangfuse { local, sender ->
                whileWaiting({ assertThat(local).trace("request").within(SOON).hasTree(tree) }) {
                    sender.post(export(spans[1]))
                    sender.post(export(spans[0]))
                    sender.post(export(spans[2]))
                } shouldBe null
            }
        }

        test("an observation that comes again in another form counts as it came last") {
            withLangfuse { local, sender ->
                sender.post(export(*spans.dropLast(1).toTypedArray(), spans[2].toBuilder().setName("early").build()))
                whileWaiting({ assertThat(local).trace("request").within(SOON).hasTree(tree) }) {
                    sender.post(export(spans[2]))
                } shouldBe null
            }
        }

        test("five seconds unless said otherwise") {
            withLangfuse { local, _ ->
                complaintOf { assertThat(local).trace("request").get() } shouldContain "after 5.00 s"
            }
        }

        test("a condition on all traces, asked again at each arrival and after forgetting") {
            withLangfuse { local, sender ->
                sender.post(export(spans))
                whileWaiting({ local.awaitTraces({ it.isEmpty() }, SOON) shouldBe true }) { local.clear() } shouldBe
                    null
                local.awaitTraces({ it.isNotEmpty() }, Duration.ofMillis(20)) shouldBe false
            }
        }

        test("a slow look does not keep others from sending") {
            withLangfuse { local, sender ->
                local.awaitTraces({ seen ->
                    if (seen.isEmpty()) sender.post(export(spans))
                    seen.isNotEmpty()
                }, SOON) shouldBe true
            }
        }

        test("an interrupted thread gets the error at once and stays interrupted") {
            withLangfuse { local, _ ->
                whileWaiting({
                    Thread.currentThread().interrupt()
                    runCatching { assertThat(local).trace("request").within(SOON).get() }.isFailure shouldBe true
                    Thread.interrupted() shouldBe true
                }) { } shouldBe null
            }
        }

        context("with a client that is known") {
            fun known(local: LocalLangfuse, started: StartedObservations, flush: () -> Unit = {}) =
                LangfuseAssert.of(local, started, flush)

            fun StartedObservations.start(number: Int, label: String = "TOOL $number") =
                start(TRACE, spanId(number)) { label }

            test("a mismatch is told at once when all that was started has arrived") {
                withLangfuse { local, sender ->
                    val started = StartedObservations().apply { (1..3).forEach { start(it) } }
                    sender.post(export(spans))
                    complaintOf { known(local, started).trace("request").hasTree(span("request")) }
                        .lines()
                        .first() shouldBe "The trace 'request' is not as expected:" // and not: after 5.00 s
                }
            }

            test("it is flushed before the assertion looks") {
                withLangfuse { local, sender ->
                    known(local, StartedObservations()) { sender.post(export(spans)) }
                        .trace("request")
                        .within(Duration.ZERO)
                        .hasTree(tree)
                }
            }

            test("as long as something is on its way it waits, and the last arrival decides") {
                withLangfuse { local, sender ->
                    val started = StartedObservations().apply { (1..4).forEach { start(it) } }
                    sender.post(export(spans))
                    whileWaiting({ known(local, started).trace("request").hasTree(span("request")) }) {
                        sender.post(export(com.langfuse.sdk.local.span("late", 4, 1)))
                    }!!.message!!.sentences() shouldHaveSize 3
                }
            }

            test("what another client has sent makes it wait, and a trace that is not there does") {
                withLangfuse { local, sender ->
                    val started = StartedObservations().apply { (1..2).forEach { start(it) } }
                    sender.post(export(spans.take(2)))
                    sender.post(export(com.langfuse.sdk.local.span("foreign", 9, trace = TRACE.reversed())))
                    whileWaiting({ known(local, started).trace("request").hasTree(tree) }) {
                        started.start(3)
                        sender.post(export(spans[2]))
                    } shouldBe null
                    whileWaiting({ known(local, started).trace("another").hasTree(span("another")) }) {
                        sender.post(export(com.langfuse.sdk.local.span("another", 10, trace = TRACE.replace('0', '9'))))
                    } shouldBe null
                }
            }

            test("a time that was asked for is waited for") {
                withLangfuse { local, sender ->
                    val started = StartedObservations().apply { (1..2).forEach { start(it) } }
                    sender.post(export(spans.take(2)))
                    whileWaiting({ known(local, started).trace("request").within(SOON).hasTree(tree) }) {
                        sender.post(export(spans[2]))
                    } shouldBe null
                }
            }

            test("what is open is told with a mismatch") {
                withLangfuse { local, sender ->
                    val started = StartedObservations().apply { start(1, "SPAN request") }
                    started.start(4, "TOOL open\n")
                    started.end(TRACE, spanId(1))
                    started.end(TRACE, spanId(77))
                    sender.post(export(spans))
                    complaintOf {
                        known(local, started).trace("request").within(Duration.ZERO).hasTree(span("x"))
                    } shouldContain
                        "Started and not ended: TOOL open␊."
                }
            }

            test("nothing else: every observation is in an asserted tree, none is open") {
                withLangfuse { local, sender ->
                    val started = StartedObservations()
                    val traced = known(local, started)
                    sender.post(export(spans))
                    complaintOf { traced.hasNothingElse() } shouldBe
                        "Traced, and in no asserted tree: SPAN request, TOOL a, TOOL b in trace 'request'."
                    traced.trace("request").hasEnvironment("default")
                    complaintOf { traced.hasNothingElse() } shouldContain "SPAN request"
                    traced.trace("request").hasTree(span("request").andOthers())
                    traced.hasNothingElse()
                    sender.post(export(com.langfuse.sdk.local.span("late", 4, 1)))
                    complaintOf { traced.hasNothingElse() } shouldContain "SPAN late"
                    started.start(5, "AGENT a")
                    complaintOf { traced.hasNothingElse() } shouldContain "Started and not ended: AGENT a."
                    started.clear()
                    local.clear()
                    traced.hasNothingElse()
                }
            }

            test("what an earlier test has left open may end in this one") {
                withLangfuse { local, sender ->
                    val started = StartedObservations().apply { (1..3).forEach { start(it) } }
                    started.clear()
                    sender.post(export(spans))
                    known(local, started).hasNothingElse()
                    val ended = StartedObservations().apply { (1..3).forEach { start(it) } }
                    (1..3).forEach { ended.end(TRACE, spanId(it)) }
                    ended.clear()
                    complaintOf { known(local, ended).hasNothingElse() } shouldContain "SPAN request"
                }
            }

            test("of two alike each wants an assertion, whichever it is that is found first") {
                withLangfuse { local, sender ->
                    val traced = assertThat(local)
                    sender.post(export(spans))
                    sender.post(export(spansOf(sent("span", "request"), trace = TRACE.reversed())))
                    repeat(2) {
                        complaintOf { traced.hasNothingElse() }
                        traced.trace("request").hasTree(span("request").andOthers())
                    }
                    traced.hasNothingElse()
                    traced.trace("request").hasTree(span("request").andOthers())
                    traced.hasNothingElse()
                }
            }

            test("an assertion that goes on with another trace lets go of the one before") {
                withLangfuse { local, sender ->
                    val traced = assertThat(local)
                    val users = listOf(TRACE to "u-1", TRACE.reversed() to "u-2")
                    users.forEach { (id, user) ->
                        sender.trace(sent("span", "job", mapOf("langfuse.user.id" to user)), trace = id)
                    }
                    val found = users.map { (_, user) -> traced.trace("job").hasTree(span("job")).hasUserId(user) }
                    traced.hasNothingElse()
                    found.map { it.get().userId() } shouldContainExactly listOf("u-1", "u-2")

                    val other = assertThat(local)
                    other.trace("job").hasTree(span("job")).hasUserId("u-2")
                    complaintOf { other.hasNothingElse() } shouldBe
                        "Traced, and in no asserted tree: SPAN job in trace 'job'."
                }
            }

            test("a failed assertion covers nothing") {
                withLangfuse { local, sender ->
                    val traced = assertThat(local)
                    sender.post(export(spans))
                    complaintOf { traced.trace("request").within(Duration.ZERO).hasTree(span("request")) }
                    complaintOf { traced.hasNothingElse() } shouldContain "SPAN request"
                }
            }
        }
    })
