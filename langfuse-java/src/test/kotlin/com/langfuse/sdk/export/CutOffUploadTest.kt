package com.langfuse.sdk.export

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.counts
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeLessThan
import io.kotest.matchers.shouldBe
import java.time.Duration
import java.util.Base64
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.locks.LockSupport
import kotlin.random.Random

/**
 * A proxy that refuses a body by its announced length and closes the connection while the body is sent. With
 * {@code -Dlangfuse.trials=full} there are more observations.
 */
class CutOffUploadTest :
    FunSpec({
        val patience = Duration.ofSeconds(60)
        val full = System.getProperty("langfuse.trials") == "full"

        val noise = Base64.getEncoder().encodeToString(Random(1).nextBytes(1_000_000))

        fun text(
            random: Random,
            length: Int,
        ) = random.nextInt(noise.length - length).let { noise.substring(it, it + length) }

        fun Langfuse.record(
            count: Int,
            kilobytes: IntRange,
        ) {
            val random = Random(2)
            repeat(count) {
                val input = text(random, 1_000 * random.nextInt(kilobytes.first, kilobytes.last + 1))
                observation("good-%06d".format(it)).input(input).start().end()
            }
        }

        val compressed = listOf(EarlyRefusal.SILENT to true)
        for ((early, gzip) in EarlyRefusal.entries.map { it to false } + compressed) {
            val count = if (full) {
                2_000
            } else if (gzip) {
                500
            } else {
                1_000
            }
            test("$count observations of 2 to 100 kB and a limit of 1 MB: none is lost; $early, gzip: $gzip") {
                BareServer(longest = 1_000_000, early = early).use { server ->
                    server.client { delivery { it.gzip(gzip) } }.use { langfuse ->
                        langfuse.record(count, 2..100)
                        val report = langfuse.flush(patience)
                        report.counts shouldBe listOf<Long>(count.toLong(), 0, 0, 0)
                        report.observations().truncated() shouldBe 0
                        server.accepted.size shouldBe count
                        server.duplicates shouldBe 0
                        server.refusedEarly.get() shouldBeLessThan 60
                    }
                }
            }
        }

        for (early in listOf(EarlyRefusal.ABRUPT, EarlyRefusal.SILENT)) {
            val count = if (full) 800 else 500 // 39 MB
            test("a queue of 16 MB that is filled no faster than it empties drops nothing; $early") {
                BareServer(longest = 500_000, early = early).use { server ->
                    server.client { delivery { it.queueBytes(16L shl 20) } }.use { langfuse ->
                        val random = Random(3)
                        val deadline = System.nanoTime() + patience.toNanos()
                        repeat(count) {
                            while (langfuse.delivery().pending() > 150 && System.nanoTime() < deadline) {
                                LockSupport.parkNanos(100_000)
                            }
                            val input = text(random, random.nextInt(5_000, 150_000))
                            langfuse.observation("good-%06d".format(it)).input(input).start().end()
                        }
                        langfuse.flush(patience)
                        langfuse.delivery().counts shouldBe listOf<Long>(count.toLong(), 0, 0, 0)
                        langfuse.delivery().observations().truncated() shouldBe 0
                    }
                }
            }
        }

        for (early in EarlyRefusal.entries) {
            test("one observation that is larger than the limit is cut and arrives; $early") {
                BareServer(longest = 300_000, early = early).use { server ->
                    server.client { delivery { it.gzip(false) } }.use { langfuse ->
                        langfuse.observation("good-000001").input(noise).start().end()
                        langfuse.observation("good-000002").input("small").start().end()
                        langfuse.flush(patience).let {
                            it.counts shouldBe listOf<Long>(2, 0, 0, 0)
                            it.observations().truncated() shouldBe 1
                        }
                        langfuse.observation("good-000003").input(noise).start().end()
                        langfuse.flush(patience).observations().truncated() shouldBe 1
                    }
                }
            }
        }

        test("connections that break now and then cut nothing") {
            val requests = AtomicInteger()
            BareServer(failure = { Failure.Close.takeIf { requests.incrementAndGet() % 3 == 0 } }).use { server ->
                server.client { delivery { it.gzip(false) } }.use { langfuse ->
                    langfuse.record(300, 2..100)
                    langfuse.flush(patience).let {
                        it.counts shouldBe listOf<Long>(300, 0, 0, 0)
                        it.observations().truncated() shouldBe 0
                    }
                }
            }
        }
    })
