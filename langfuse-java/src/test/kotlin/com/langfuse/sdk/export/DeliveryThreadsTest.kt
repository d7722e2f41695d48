package com.langfuse.sdk.export

import com.langfuse.sdk.DEADLINE
import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.client
import com.langfuse.sdk.counts
import com.langfuse.sdk.eventually
import com.langfuse.sdk.local.Fault
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.threads
import com.langfuse.sdk.warningsOf
import com.langfuse.sdk.withLangfuse
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.io.IOException
import java.net.Proxy
import java.net.ProxySelector
import java.net.SocketAddress
import java.net.URI
import java.time.Duration
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit

/** The SDK's threads go on, whatever is thrown on them and whoever interrupts them. */
class DeliveryThreadsTest :
    FunSpec({
        val ours = Regex("langfuse-(delivery|scores|media)")

        fun Langfuse.record(count: Int) = repeat(count) { observation("o-$it").input("in").start().end() }

        /** Fails as often as there are failures left, on the thread that sends. */
        class FailingProxy(
            vararg failures: Throwable,
        ) : ProxySelector() {
            val left = ConcurrentLinkedQueue(failures.toList())

            override fun select(uri: URI): List<Proxy> {
                left.poll()?.let { throw it }
                return listOf(Proxy.NO_PROXY)
            }

            override fun connectFailed(
                uri: URI,
                address: SocketAddress,
                failure: IOException,
            ) = Unit
        }

        fun LocalLangfuse.failing(proxy: FailingProxy) = client {
            delivery { it.httpClient { http -> http.proxy(proxy) } }
        }

        test("memory and stack that run out while sending: the batch is sent again, nothing is lost") {
            LocalLangfuse.start().use { local ->
                val proxy = FailingProxy(OutOfMemoryError("a test"), StackOverflowError("a test"))
                local.failing(proxy).use { langfuse ->
                    langfuse.record(10)
                    langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(10, 0, 0, 0)
                    proxy.left.isEmpty() shouldBe true
                    proxy.left += OutOfMemoryError("a test")
                    langfuse.observation("o").start().score("s", 1.0).end()
                    langfuse.flush(DEADLINE)
                    proxy.left += OutOfMemoryError("a test")
                    langfuse.observation("o").input("data:text/plain;base64,aGVsbG8=").start().end()
                    langfuse.flush(DEADLINE)
                    local.awaitScores(1, DEADLINE)
                    local.awaitMedia(1, DEADLINE)
                    langfuse.delivery().let { it.failed() + it.dropped() } shouldBe 0
                }
            }
        }

        test("an error that cannot even be printed: the batch is counted, and the next one is sent") {
            LocalLangfuse.start().use { local ->
                val unprintable =
                    object : LinkageError() {
                        override val message: String get() = throw OutOfMemoryError("a test")
                    }
                val proxy = FailingProxy(unprintable, unprintable)
                local.failing(proxy).use { langfuse ->
                    langfuse.record(10)
                    langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(0, 10, 0, 0)
                    langfuse.record(10)
                    langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(0, 10, 0, 0)
                    langfuse.record(10)
                    langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(10, 0, 0, 0)
                }
            }
        }

        test("the same for scores and media") {
            LocalLangfuse.start().use { local ->
                val error =
                    object : LinkageError() {
                        override val message: String get() = throw OutOfMemoryError("a test")
                    }
                val proxy = FailingProxy()
                local.failing(proxy).use { langfuse ->
                    val observation = langfuse.observation("o").start()
                    proxy.left += error
                    observation.score("lost", 1.0)
                    langfuse.flush(DEADLINE).scores().failed() shouldBe 1
                    observation.score("s", 1.0)
                    langfuse.flush(DEADLINE).scores().exported() shouldBe 1
                    observation.input("data:text/plain;base64,aGVsbG8=").end()
                    langfuse.flush(DEADLINE).media().exported() shouldBe 1
                }
            }
        }

        test("a log that throws errors does not end a delivery thread") {
            val logger = java.util.logging.Logger.getLogger("com.langfuse.sdk")
            val level = logger.level
            val thrown = CountDownLatch(1)
            val handler =
                object : java.util.logging.Handler() {
                    override fun publish(record: java.util.logging.LogRecord) {
                        thrown.countDown()
                        throw LinkageError("a test")
                    }

                    override fun flush() = Unit

                    override fun close() = Unit
                }
            try {
                withLangfuse { local, langfuse ->
                    logger.level = java.util.logging.Level.ALL
                    handler.level = java.util.logging.Level.ALL
                    logger.addHandler(handler)
                    langfuse.record(1)
                    langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(1, 0, 0, 0)
                    thrown.await(DEADLINE.toSeconds(), TimeUnit.SECONDS) shouldBe true
                    langfuse.record(1)
                    langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(1, 0, 0, 0)
                    local.observations() shouldHaveSize 2
                }
            } finally {
                logger.removeHandler(handler)
                logger.level = level
            }
        }

        test("an interrupt from outside loses nothing: what waits is sent at once, and what comes later, too") {
            withLangfuse({ flushInterval(Duration.ofHours(1)) }) { local, langfuse ->
                langfuse.record(1)
                langfuse.flush(DEADLINE).exported() shouldBe 1
                langfuse.record(9)
                val waiting = threads(Regex("langfuse-delivery"))
                waiting.size.toLong() shouldBeGreaterThan 0L
                waiting.forEach { it.interrupt() }
                local.awaitObservations(10, DEADLINE)
                eventually { waiting.none { it.isAlive } } shouldBe true
                langfuse.record(10)
                langfuse.flush(DEADLINE).exported() shouldBe 19
                local.duplicates() shouldBe 0
            }
        }

        test("an interrupt while requests are under way does not lose them") {
            withLangfuse { local, langfuse ->
                local.always(Fault.hang().on("/api/public/otel"), Fault.hang().on("/api/public/ingestion"))
                val observation = langfuse.observation("o").input("data:text/plain;base64,aGVsbG8=").start()
                observation.score("s", 1.0).end()
                langfuse.flush(Duration.ZERO)
                local.awaitRequests(2, DEADLINE)
                repeat(3) { threads(ours).forEach { it.interrupt() } }
                local.always(null)
                // The requests that hang time out, and are sent again.
                langfuse.flush(Duration.ofSeconds(60)).pending() shouldBe 0
                local.awaitScores(1, DEADLINE)
                local.awaitMedia(1, DEADLINE)
                langfuse.delivery().let { it.failed() + it.dropped() } shouldBe 0
            }
        }

        test("an interrupt again and again while 5,000 are recorded loses nothing") {
            withLangfuse { local, langfuse ->
                repeat(50) {
                    langfuse.record(100)
                    langfuse.observation("scored").start().score("s", 1.0)
                    threads(ours).forEach { it.interrupt() }
                }
                langfuse.flush(DEADLINE).pending() shouldBe 0
                langfuse.delivery().observations().let { it.failed() + it.dropped() } shouldBe 0
                local.observations() shouldHaveSize 5_000
                local.awaitScores(50, DEADLINE)
            }
        }

        test("a listener that throws an error is told of the next loss") {
            LocalLangfuse.start().use { local ->
                val told = CountDownLatch(2)
                local.always(Fault.status(400))
                local
                    .client {
                        delivery {
                            it.listener {
                                told.countDown()
                                throw OutOfMemoryError("a test")
                            }
                        }
                    }.use { langfuse ->
                        warningsOf {
                            langfuse.record(1)
                            langfuse.flush(DEADLINE).failed() shouldBe 1
                            eventually { told.count == 1L } shouldBe true
                            langfuse.record(1)
                            langfuse.flush(DEADLINE).failed() shouldBe 1
                            told.await(DEADLINE.toSeconds(), TimeUnit.SECONDS) shouldBe true
                        }
                    }
            }
        }
    })
