package com.langfuse.sdk.export

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.LangfuseBuilder
import com.langfuse.sdk.concurrently
import com.langfuse.sdk.counts
import com.langfuse.sdk.warningsOf
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.ints.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.time.Duration
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.locks.LockSupport
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime

/**
 * Observations that make the server fail whatever they are sent with. With
 * {@code -Dlangfuse.trials=full} there are more of each kind.
 */
class PoisonedObservationTest :
    FunSpec({
        concurrently(6)
        val full = System.getProperty("langfuse.trials") == "full"

        fun <T> List<T>.shortened(count: Int) = if (full) this else take(count)

        fun LangfuseBuilder.spooled() = delivery { it.spool(tempdir().toPath().resolve("spool")) }

        // The longest come first.
        test("a server that goes down while it looks for a bad one loses nothing else") {
            val goesDownAfter = AtomicInteger(20)
            val down = AtomicBoolean()
            BareServer(failure = { names ->
                if (goesDownAfter.decrementAndGet() == 0) down.set(true)
                Failure.Status(500).takeIf { down.get() || names.any { it.startsWith("bad") } }
            }).use { server ->
                server.client().use { langfuse ->
                    repeat(4) { batch -> langfuse.record(batch * 512, 512) { it == 3 } }
                    langfuse.flush(Duration.ofSeconds(5)).failed() shouldBe 0
                    down.set(false)
                    langfuse.flush(patience)
                    langfuse.delivery().counts shouldBe listOf<Long>(2_044, 4, 0, 0)
                }
            }
        }

        test("one that the server never answers does not hold up others") {
            BareServer(failure = failing(Failure.Hang)).use { server ->
                val langfuse = server.client { flushAt(64).timeout(Duration.ofMillis(600)) }
                repeat(4) { batch -> langfuse.record(batch * 64, 64) { it == 32 } }
                langfuse.record(10_000, 2_000)
                langfuse.flush(patience).counts shouldBe listOf<Long>(2_252, 4, 0, 0)
                server.duplicates shouldBe 0
                langfuse.close(Duration.ofMillis(1))
            }
        }

        listOf(
            Failure.Status(500) to false,
            Failure.Status(504) to true,
            Failure.Close to false,
            Failure.Status(500) to true,
            Failure.Status(502) to false,
            Failure.Close to true,
        ).shortened(3).forEach { (failure, spool) ->
            test(
                "four batches with one of 512 and 2,000 good ones: only the four are lost; $failure, spool: $spool",
            ) {
                BareServer(failure = failing(failure)).use { server ->
                    server.client { if (spool) spooled() }.use { langfuse ->
                        repeat(4) { batch -> langfuse.record(batch * 512, 512) { it == 100 * (batch + 1) } }
                        langfuse.record(10_000, 2_000)
                        lateinit var report: FlushReport
                        val took = measureTime { report = langfuse.flush(patience) }
                        report.counts shouldBe listOf<Long>(4_044, 4, 0, 0)
                        took shouldBeLessThan 30.seconds
                    }
                    server.good() shouldBe 4_044
                    server.duplicates shouldBe 0
                }
            }
        }

        mapOf<String, (Int) -> Boolean>(
            "where single ones are tried" to { it in listOf(0, 316, 120, 437, 241) },
            "first and last" to { it == 0 || it == 511 },
            "every tenth" to { it % 10 == 0 },
            "first" to { it == 0 },
            "last" to { it == 511 },
            "neighbours" to { it in 100..119 },
            "every second" to { it % 2 == 0 },
            "three of four" to { it % 4 != 1 },
        ).toList().shortened(3).forEach { (where, isBad) ->
            test("in one batch: $where") {
                BareServer(failure = failing(Failure.Status(500))).use { server ->
                    server.client().use { langfuse ->
                        langfuse.record(0, 512, isBad)
                        val bad = (0 until 512).count(isBad)
                        langfuse.flush(patience).counts shouldBe listOf(512L - bad, bad.toLong(), 0, 0)
                    }
                    server.duplicates shouldBe 0
                }
            }
        }

        test("retries of bad ones do not make others wait longer than the flush interval") {
            BareServer(failure = failing(Failure.Status(500))).use { server ->
                server.client { flushInterval(Duration.ofSeconds(8)) }.use { langfuse ->
                    repeat(4) { batch -> langfuse.record(batch * 512, 512) { it == 3 } }
                    langfuse.record(10_000, 100)
                    measureTime { server.awaitGood(2_144) } shouldBeLessThan 16.seconds
                }
            }
        }

        test("flushed again and again, and told at close") {
            BareServer(failure = failing(Failure.Status(500))).use { server ->
                val langfuse = server.client()
                repeat(4) { batch ->
                    langfuse.record(batch * 512, 512) { it == 3 }
                    langfuse.flush(Duration.ofMillis(50))
                }
                langfuse.record(10_000, 2_000)
                repeat(20) { langfuse.flush(Duration.ofMillis(20)) }
                langfuse.close(patience)
                langfuse.delivery().let { it.counts shouldBe listOf<Long>(4_044, 4, 0, 0) }
                server.duplicates shouldBe 0
            }
        }

        test("cut short by close, what failed alone is failed, and with a spool not sent again") {
            val folder = tempdir().toPath().resolve("spool")
            val isKnownToBeWell = AtomicBoolean()
            val triedAgain = CountDownLatch(1)
            BareServer(failure = { names ->
                if (names.isEmpty()) {
                    isKnownToBeWell.set(true)
                } else if (isKnownToBeWell.get()) {
                    triedAgain.countDown()
                }
                failing(Failure.Status(500))(names)
            }).use { server ->
                val langfuse = server.client { delivery { it.spool(folder) } }
                langfuse.record(0, 64) { it == 5 }
                langfuse.flush(Duration.ofMillis(1))
                server.awaitGood(63)
                triedAgain.await(patience.toSeconds(), TimeUnit.SECONDS) shouldBe true
                langfuse.close(Duration.ofMillis(1))
                langfuse.delivery().counts shouldBe listOf<Long>(63, 1, 0, 0)
                folder.toFile().list()!!.size shouldBe 0
                server.client { delivery { it.spool(folder) } }.use { it.flush(patience).exported() shouldBe 0 }
                server.duplicates shouldBe 0
            }
        }

        for (spool in listOf(false, true).shortened(1)) {
            test(
                "batches of which nothing passes do not hold up others; with these they are told from an outage; spool: $spool",
            ) {
                BareServer(failure = failing(Failure.Status(500))).use { server ->
                    val langfuse =
                        server.client {
                            flushAt(64)
                            if (spool) spooled()
                        }
                    langfuse.record(0, 5 * 64) { true }
                    langfuse.flush(Duration.ofMillis(100)).counts shouldBe listOf<Long>(0, 0, 0, 320)
                    langfuse.record(10_000, 640)
                    langfuse.flush(Duration.ofMillis(1))
                    server.awaitGood(640)
                    var good = 640
                    while (langfuse.delivery().failed() < 320 && good < 3_000) {
                        langfuse.record(20_000 + good, 1)
                        good++
                        langfuse.flush(Duration.ofMillis(100))
                    }
                    langfuse.delivery().failed() shouldBe 320
                    server.awaitGood(good)
                    langfuse.close(Duration.ofMillis(1))
                }
            }
        }

        listOf(
            Failure.Status(500) to true,
            Failure.Close to false,
            Failure.Status(500) to false,
            Failure.Status(503) to false,
        ).shortened(2).forEach { (failure, spool) ->
            test("a server that is down loses nothing and is left in peace; $failure, spool: $spool") {
                val down = AtomicBoolean(true)
                BareServer(failure = { failure.takeIf { down.get() } }).use { server ->
                    server.client { if (spool) spooled() }.use { langfuse ->
                        langfuse.record(0, 10_000)
                        langfuse.flush(Duration.ofSeconds(4)).counts shouldBe listOf<Long>(0, 0, 0, 10_000)
                        server.requests.get() shouldBeLessThan 120
                        down.set(false)
                        langfuse.flush(patience).counts shouldBe listOf<Long>(10_000, 0, 0, 0)
                        server.duplicates shouldBe 0
                    }
                }
            }
        }

        for (every in listOf(3, 2, 5).shortened(1)) {
            test("a server that takes only one request in $every, whatever is in it, loses nothing") {
                val requests = AtomicInteger()
                BareServer(
                    failure = { Failure.Status(500).takeIf { requests.incrementAndGet() % every != 0 } },
                ).use { server ->
                    server.client { flushAt(100) }.use { langfuse ->
                        langfuse.record(0, 2_000)
                        langfuse.flush(patience).counts shouldBe listOf<Long>(2_000, 0, 0, 0)
                        server.duplicates shouldBe 0
                    }
                }
            }
        }

        test("single observations at a server that takes one request in three are not lost either") {
            val requests = AtomicInteger()
            BareServer(failure = { Failure.Status(500).takeIf { requests.incrementAndGet() % 3 != 0 } }).use { server ->
                server.client { flushAt(1) }.use { langfuse ->
                    repeat(50) {
                        langfuse.record(it, 1)
                        langfuse.flush(Duration.ofMillis(20))
                    }
                    langfuse.flush(patience)
                    langfuse.delivery().counts shouldBe listOf<Long>(50, 0, 0, 0)
                }
            }
        }

        test("what failed alone when the server went down is tried until it is well again") {
            val taken = AtomicInteger()
            val down = AtomicBoolean()
            BareServer(failure = { names ->
                if (taken.get() >= 60) down.set(taken.getAndSet(0) > 0)
                val failure = Failure.Status(500).takeIf { down.get() || names.any { it.startsWith("bad") } }
                if (failure == null) taken.addAndGet(names.size)
                failure
            }).use { server ->
                server.client().use { langfuse ->
                    langfuse.record(0, 64) { it == 5 }
                    langfuse.flush(Duration.ofSeconds(6)).failed() shouldBe 0
                    down.set(false)
                    langfuse.flush(patience)
                    langfuse.delivery().counts shouldBe listOf<Long>(63, 1, 0, 0)
                    server.duplicates shouldBe 0
                }
            }
        }
    })

/** Not at the same time as the others, which warn as well. */
class PoisonedObservationWarningTest :
    FunSpec({
        test("the loss says what the server answered") {
            val warnings =
                warningsOf(atLeast = 2) {
                    BareServer(failure = failing(Failure.Status(502))).use { server ->
                        server.client { delivery { it.retryFor(Duration.ZERO) } }.use { langfuse ->
                            langfuse.record(0, 10) { it == 5 }
                            langfuse.flush(patience).observations().failures() shouldBe mapOf(502 to 1L)
                        }
                    }
                }
            warnings.single { "observations are lost" in it } shouldContain "answered 502"
        }
    })

private val patience = Duration.ofSeconds(60)

private fun Langfuse.record(
    first: Int,
    count: Int,
    isBad: (index: Int) -> Boolean = { false },
) = repeat(count) { index ->
    val kind = if (isBad(index)) "bad" else "good"
    observation("%s-%06d".format(kind, first + index)).start().end()
}

private fun failing(failure: Failure): (List<String>) -> Failure? = { names ->
    failure.takeIf { names.any { it.startsWith("bad") } }
}

private fun BareServer.good() = accepted.keys.count { it.startsWith("good") }

private fun BareServer.awaitGood(count: Int) {
    val deadline = System.nanoTime() + patience.toNanos()
    while (good() < count && System.nanoTime() < deadline) LockSupport.parkNanos(1_000_000)
    good() shouldBe count
}
