package com.langfuse.sdk.line

import com.langfuse.sdk.DEADLINE
import com.langfuse.sdk.LangfuseBuilder
import com.langfuse.sdk.PROMPTLY
import com.langfuse.sdk.bareBuilder
import com.langfuse.sdk.checkedSettings
import com.langfuse.sdk.internal.QuietLog
import com.langfuse.sdk.local.Fault
import com.langfuse.sdk.local.LocalLangfuse
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.longs.shouldBeBetween
import io.kotest.matchers.shouldBe
import java.time.Duration
import java.time.Instant
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource
import kotlin.time.measureTime

/** Retries and pauses, over real sockets. */
class LineTest :
    FunSpec({
        fun line(
            local: LocalLangfuse,
            secretKey: String = local.secretKey(),
            probeInterval: Duration = Duration.ofHours(1),
            configure: LangfuseBuilder.() -> Unit = {},
        ): Line {
            val settings =
                bareBuilder()
                    .publicKey(local.publicKey())
                    .secretKey(secretKey)
                    .baseUrl(local.baseUrl().toString())
                    .apply(configure)
                    .checkedSettings
            return Line(LangfuseEndpoint(settings) {}, settings, QuietLog(false), probeInterval)
        }

        fun Line.ask(patience: Line.Patience = Line.Patience.UNTIL_TIME_IS_UP) =
            send({ endpoint().get("/api/public/projects") }, patience)

        test("no retry when there is no time for it, and one that is final is not repeated") {
            LocalLangfuse.start().use { local ->
                local.enqueue(Fault.status(503))
                line(local) { delivery { it.retryFor(Duration.ZERO) } }.ask().status() shouldBe 503
                local.enqueue(Fault.status(409))
                line(local).ask().status() shouldBe 409
                local.requests() shouldHaveSize 2
            }
        }

        test("retries end when their time is up, and say what happened last") {
            LocalLangfuse.start().use { local ->
                local.always(Fault.reset())
                val took =
                    measureTime {
                        val outcome = line(local) { delivery { it.retryFor(Duration.ofSeconds(3)) } }.ask()
                        outcome.status() shouldBe Outcome.NO_ANSWER
                        outcome.attempts().toLong().shouldBeBetween(2, 5)
                    }
                took shouldBeLessThan PROMPTLY
            }
        }

        test("a hurry ends our own pauses, but not the one the server asked for") {
            LocalLangfuse.start().use { local ->
                val line = line(local)
                // Pauses of half a second, one, two, four, eight and eight, with jitter: 18 seconds at least.
                repeat(6) { local.enqueue(Fault.status(503)) }
                val done = LinkedBlockingQueue<Outcome>()
                val asking = thread { done += line.ask() }
                val took =
                    measureTime {
                        var outcome: Outcome? = null
                        while (outcome == null) {
                            line.hurry()
                            outcome = done.poll(10, TimeUnit.MILLISECONDS)
                        }
                        outcome.arrived() shouldBe true
                    }
                took shouldBeLessThan 18.seconds
                asking.join()

                local.enqueue(Fault.status(429).retryAfter("1"))
                val resting = thread { done += line.ask() }
                val rested =
                    measureTime {
                        var outcome: Outcome? = null
                        while (outcome == null) {
                            line.hurry()
                            outcome = done.poll(10, TimeUnit.MILLISECONDS)
                        }
                    }
                rested shouldBeGreaterThan 990.milliseconds
                resting.join()
            }
        }

        test("when the server asks for a rest, all threads rest; the longest one counts") {
            val gate = Gate(Duration.ofHours(1))
            val start = TimeSource.Monotonic.markNow()
            gate.rest(Duration.ofMillis(300))
            gate.rest(Duration.ofMillis(10))
            val times = LinkedBlockingQueue<kotlin.time.Duration>()
            repeat(3) {
                thread {
                    gate.pass { false }
                    times += start.elapsedNow()
                }
            }
            repeat(3) { times.poll(DEADLINE.toSeconds(), TimeUnit.SECONDS)!! shouldBeGreaterThan 299.milliseconds }
        }

        test("refused keys: probes without data, more and more seldom, until they are taken") {
            LocalLangfuse.start().use { local ->
                val line = line(local, probeInterval = Duration.ofMillis(50))
                local.always(Fault.status(401))
                val outcomes = LinkedBlockingQueue<Outcome>()
                val asking = thread { outcomes += line.ask(Line.Patience.WITHOUT_END) }
                val requests = local.awaitRequests(4, DEADLINE)
                line.refusals() shouldBe 1
                requests[0].method() shouldBe "GET"
                requests.drop(1).forEach {
                    it.method() shouldBe "POST"
                    it.path() shouldBe "/api/public/otel/v1/traces"
                    it.spans() shouldBe 0
                }
                local.always(null)
                outcomes.poll(DEADLINE.toSeconds(), TimeUnit.SECONDS)!!.arrived() shouldBe true
                asking.join()
            }
        }

        test("while keys are refused a hurry lets one try through, which is told the refusal") {
            LocalLangfuse.start().use { local ->
                val line = line(local, secretKey = "wrong")
                line.ask().refusesKeys() shouldBe true
                val outcomes = LinkedBlockingQueue<Outcome>()
                val asking = List(2) { thread(isDaemon = true) { outcomes += line.ask() } }
                outcomes.poll(100, TimeUnit.MILLISECONDS) shouldBe null
                var outcome: Outcome? = null
                // Seldom: each hurry lets another one through.
                while (outcome == null) {
                    line.hurry()
                    outcome = outcomes.poll(5, TimeUnit.SECONDS)
                }
                outcome.status() shouldBe 401
                outcomes.poll(100, TimeUnit.MILLISECONDS) shouldBe null
                asking.forEach { it.interrupt() }
            }
        }

        test("Retry-After in seconds, as a date, in the past, in a year, and as nonsense") {
            val now = Instant.parse("2026-01-01T00:00:00Z")
            Backoff.asked("7", now) shouldBe Duration.ofSeconds(7)
            Backoff.asked(" 0 ", now) shouldBe Duration.ZERO
            Backoff.asked("Thu, 1 Jan 2026 00:00:09 GMT", now) shouldBe Duration.ofSeconds(9)
            Backoff.asked("Wed, 31 Dec 2025 00:00:00 GMT", now) shouldBe Duration.ZERO
            Backoff.asked("31536000", now) shouldBe Backoff.LONGEST_ASKED
            Backoff.asked("99999999999999999999", now) shouldBe Duration.ZERO
            Backoff.asked("soon", now) shouldBe Duration.ZERO
            Backoff.asked("-5", now) shouldBe Duration.ZERO
        }

        test("pauses double, with jitter, up to eight seconds") {
            fun millis(tries: Int) = Backoff.after(tries).toMillis()
            repeat(100) {
                millis(1).shouldBeBetween(400, 600)
                millis(2).shouldBeBetween(800, 1200)
                millis(5).shouldBeBetween(6400, 9600)
                millis(1_000_000).shouldBeBetween(6400, 9600)
            }
            List(20) { millis(1) }.toSet().size shouldBeGreaterThan 1
        }

        test("compression can be read by others, also of an empty body and a large one") {
            Gzip().use { gzip ->
                listOf(0, 1, 100, 5_000_000).forEach { size ->
                    val body = ByteArray(size) { (it * it / 7).toByte() }
                    val inflated = java.util.zip.GZIPInputStream(gzip.compress(body).inputStream()).readAllBytes()
                    inflated.contentEquals(body) shouldBe true
                }
            }
        }
    })
