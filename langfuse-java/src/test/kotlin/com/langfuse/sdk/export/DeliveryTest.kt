package com.langfuse.sdk.export

import com.langfuse.sdk.DEADLINE
import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.Observation
import com.langfuse.sdk.PROMPTLY
import com.langfuse.sdk.bareBuilder
import com.langfuse.sdk.block
import com.langfuse.sdk.client
import com.langfuse.sdk.counts
import com.langfuse.sdk.internal.SdkVersion
import com.langfuse.sdk.local.Fault
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.reservedPort
import com.langfuse.sdk.warningsOf
import com.langfuse.sdk.withLangfuse
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import java.net.InetAddress
import java.net.ServerSocket
import java.net.Socket
import java.time.Duration
import java.util.Base64
import java.util.concurrent.CountDownLatch
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.locks.LockSupport
import kotlin.concurrent.thread
import kotlin.time.measureTime

/** From an ended observation to the server's answer, over real sockets. */
class DeliveryTest :
    FunSpec({
        fun Langfuse.record(observations: Int) = repeat(observations) { observation("o-$it").start().end() }

        test("the request carries what Langfuse expects: keys, SDK, ingestion version, gzipped protobuf") {
            withLangfuse { local, langfuse ->
                langfuse.record(1)
                langfuse.flush(DEADLINE).isComplete shouldBe true
                val request = local.requests().single()
                request.method shouldBe "POST"
                request.path shouldBe "/api/public/otel/v1/traces"
                val credentials = Base64.getEncoder().encodeToString(
                    "${local.publicKey()}:${local.secretKey()}".toByteArray(),
                )
                request.headers["authorization"] shouldBe "Basic $credentials"
                request.headers["x-langfuse-sdk-name"] shouldBe "java"
                request.headers["x-langfuse-sdk-version"] shouldBe SdkVersion.CURRENT
                request.headers["x-langfuse-public-key"] shouldBe local.publicKey()
                request.headers["x-langfuse-ingestion-version"] shouldBe "4"
                request.headers["content-type"] shouldBe "application/x-protobuf"
                request.headers["content-encoding"] shouldBe "gzip"
                request.headers["upgrade"] shouldBe null
                SdkVersion.CURRENT shouldNotBe "unknown"
                SdkVersion.CURRENT shouldNotContain "$"
            }
        }

        test("headers of one's own are added, or take the place of ours") {
            withLangfuse({ header("x-gateway", "secret").header("x-langfuse-sdk-name", "mine") }) { local, langfuse ->
                langfuse.record(1)
                langfuse.flush(DEADLINE).isComplete shouldBe true
                local.requests().single().headers["x-gateway"] shouldBe "secret"
                local.requests().single().headers["x-langfuse-sdk-name"] shouldBe "mine"
            }
            shouldThrow<IllegalArgumentException> { bareBuilder().header("Host", "x") }.message!! shouldContain "'Host'"
        }

        test("a base URL with a path and a trailing slash is kept apart from the route") {
            LocalLangfuse.start().use { local ->
                local.client { baseUrl("${local.baseUrl()}/langfuse/") }.use { langfuse ->
                    langfuse.record(1)
                    langfuse.flush(DEADLINE).failed() shouldBe 1
                }
                local.requests().first().path shouldBe "/langfuse/api/public/otel/v1/traces"
            }
        }

        test("observations leave in batches without anyone flushing: when a batch is full, or after the interval") {
            withLangfuse({ flushAt(10).flushInterval(Duration.ofHours(1)) }) { local, langfuse ->
                langfuse.record(10)
                local.awaitObservations(10, DEADLINE) shouldHaveSize 10
            }
            withLangfuse({ flushInterval(Duration.ofMillis(10)) }) { local, langfuse ->
                langfuse.record(1)
                local.awaitObservations(1, DEADLINE) shouldHaveSize 1
            }
        }

        test("flush tells what happened since the last report") {
            withLangfuse { _, langfuse ->
                langfuse.record(3)
                langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(3, 0, 0, 0)
                langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(0, 0, 0, 0)
                langfuse.record(2)
                langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(2, 0, 0, 0)
            }
        }

        test("a burst of 20,000 from 8 threads arrives whole") {
            withLangfuse { local, langfuse ->
                (1..8).map { thread { langfuse.record(2_500) } }.forEach { it.join() }
                langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(20_000, 0, 0, 0)
                local.observations() shouldHaveSize 20_000
                local.duplicates() shouldBe 0
            }
        }

        listOf(408, 429, 500, 502, 503, 504).forEach { status ->
            test("$status is tried again, and nothing is lost") {
                withLangfuse { local, langfuse ->
                    local.enqueue(Fault.status(status))
                    langfuse.record(2)
                    langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(2, 0, 0, 0)
                    local.requests().map { it.status } shouldBe listOf(status, 200)
                }
            }
        }

        test("a connection that closes without an answer, or within it, is tried again") {
            withLangfuse { local, langfuse ->
                local.enqueue(Fault.reset(), Fault.halfBody())
                langfuse.record(2)
                langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(2, 0, 0, 0)
                local.observations() shouldHaveSize 2
            }
        }

        test("Retry-After is obeyed") {
            withLangfuse { local, langfuse ->
                local.enqueue(Fault.status(429).retryAfter("2"))
                langfuse.record(1)
                val took = measureTime { langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(1, 0, 0, 0) }
                (took.inWholeMilliseconds >= 2000) shouldBe true
            }
        }

        test("a final refusal is not repeated: counted as failed, with the server's words in one warning") {
            val warnings =
                warningsOf {
                    withLangfuse { local, langfuse ->
                        local.always(Fault.status(404))
                        langfuse.record(2)
                        langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(0, 2, 0, 0)
                        local.requests() shouldHaveSize 1
                        local.always(null)
                        langfuse.record(1)
                        langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(1, 0, 0, 0)
                    }
                }
            warnings.single() shouldContain "404"
        }

        test("wrong keys: flush says failed, one warning names the settings and not the secret, the program goes on") {
            val warnings =
                warningsOf {
                    LocalLangfuse.start().use { local ->
                        local.client { secretKey("sk-wrong-secret") }.use { langfuse ->
                            langfuse.observation("a").block { "value" } shouldBe "value"
                            langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(0, 1, 0, 0)
                            langfuse.observation("b").block { "value" } shouldBe "value"
                            langfuse.flush(DEADLINE).let { it.failed() + it.pending() shouldBe 1 }
                            langfuse.close(Duration.ofMillis(1))
                        }
                        local.observations().shouldBeEmpty()
                    }
                }
            val warning = warnings.single { "refuses" in it }
            warning shouldContain "LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY"
            warning shouldContain "LANGFUSE_BASE_URL"
            warnings.forEach { it shouldNotContain "sk-wrong-secret" }
        }

        test("a server that never answers: flush and close return by their deadline and say what is pending") {
            LocalLangfuse.start().use { local ->
                local.always(Fault.hang())
                val langfuse = local.client()
                langfuse.record(3)
                val flushed = measureTime {
                    langfuse.flush(Duration.ofMillis(300)).counts shouldBe
                        listOf<Long>(0, 0, 0, 3)
                }
                flushed shouldBeLessThan PROMPTLY
                val closed = measureTime { langfuse.close(Duration.ofMillis(300)).pending() shouldBe 3 }
                closed shouldBeLessThan PROMPTLY
            }
        }

        test("nobody listens: the program is not disturbed, and the report is honest") {
            reservedPort().use { reserved ->
                val langfuse =
                    bareBuilder()
                        .publicKey("pk")
                        .secretKey("sk")
                        .baseUrl("http://127.0.0.1:${reserved.localPort}")
                        .build()
                langfuse.record(2)
                langfuse.flush(Duration.ofMillis(200)).exported() shouldBe 0
                langfuse.close(Duration.ofMillis(200)).pending() shouldBe 2
            }
        }

        test("close delivers what is left, may be called again, and what ends later is counted as dropped") {
            LocalLangfuse.start().use { local ->
                val langfuse = local.client()
                val open = langfuse.observation("open").start()
                langfuse.record(5)
                langfuse.close(DEADLINE).counts shouldBe listOf<Long>(5, 0, 0, 0)
                langfuse.close(DEADLINE).counts shouldBe listOf<Long>(0, 0, 0, 0)
                val warnings = warningsOf { open.end() }
                warnings.single() shouldContain "closed"
                langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(0, 0, 1, 0)
                local.observations() shouldHaveSize 5
            }
        }

        test("after a close that ran out of time nobody waits again, and every observation is in one number") {
            LocalLangfuse.start().use { local ->
                local.always(Fault.hang())
                val langfuse = local.client()
                langfuse.record(3)
                langfuse.close(Duration.ofMillis(200)).counts shouldBe listOf<Long>(0, 0, 0, 3)
                measureTime { langfuse.close(DEADLINE).pending() shouldBe 0 } shouldBeLessThan PROMPTLY
                langfuse.flush(DEADLINE).pending() shouldBe 0
            }
        }

        test("close on a thread that is interrupted still delivers, and leaves it interrupted") {
            LocalLangfuse.start().use { local ->
                val langfuse = local.client()
                langfuse.record(100)
                Thread.currentThread().interrupt()
                val report = langfuse.close(DEADLINE)
                Thread.interrupted() shouldBe true
                report.counts shouldBe listOf<Long>(100, 0, 0, 0)
            }
        }

        test("a flush waits for what ended before it, not for what ends meanwhile") {
            withLangfuse { _, langfuse ->
                val stop = AtomicBoolean()
                val recorder =
                    thread {
                        while (!stop.get()) {
                            langfuse.record(1)
                            LockSupport.parkNanos(100_000)
                        }
                    }
                repeat(10) { langfuse.flush(DEADLINE).pending() shouldBe 0 }
                stop.set(true)
                recorder.join()
            }
        }

        test("a full queue drops the newest and counts them") {
            LocalLangfuse.start().use { local ->
                local.always(Fault.hang())
                val langfuse = local.client { delivery { it.queueCapacity(1_000) } }
                val warnings = warningsOf { langfuse.record(1_010) }
                warnings.single() shouldContain "full"
                langfuse.close(Duration.ofMillis(100)).let {
                    it.dropped() shouldBe 10
                    it.pending() shouldBe 1_000
                }
            }
        }

        fun clientOf(server: EndlessServer) =
            bareBuilder()
                .publicKey("pk")
                .secretKey("sk")
                .baseUrl(server.url)
                .timeout(Duration.ofMillis(200))
                .build()

        test("a server whose answer never ends is hung up on: that is no answer of Langfuse's") {
            EndlessServer(endless = true).use { server ->
                clientOf(server).use { langfuse ->
                    langfuse.record(1)
                    langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(0, 1, 0, 0)
                }
            }
        }

        test("a server that stops within its answer costs one timeout, not the line") {
            EndlessServer(endless = false).use { server ->
                val langfuse = clientOf(server)
                langfuse.record(1)
                langfuse.flush(Duration.ofMillis(1))
                // The second request shows that the worker has got away from the first.
                repeat(2) { server.requests.poll(DEADLINE.toSeconds(), TimeUnit.SECONDS) shouldNotBe null }
                langfuse.close(Duration.ofMillis(1))
            }
        }

        test("flush, close and end at the same time: no deadlock, no exception, every observation in one number") {
            LocalLangfuse.start().use { local ->
                val langfuse = local.client()
                val go = CountDownLatch(1)
                val reports = java.util.concurrent.ConcurrentLinkedQueue<FlushReport>()
                val threads =
                    (1..20).map { index ->
                        thread {
                            go.await()
                            langfuse.record(100)
                            reports += if (index == 20) langfuse.close(DEADLINE) else langfuse.flush(DEADLINE)
                        }
                    }
                go.countDown()
                threads.forEach { it.join() }
                reports += langfuse.flush(DEADLINE)
                reports.sumOf { it.exported() + it.failed() + it.dropped() } shouldBe 2_000
                local.observations().size.toLong() shouldBe reports.sumOf { it.exported() }
            }
        }

        listOf<Pair<String, (String) -> Any>>(
            "texts" to { it },
            "copies" to { listOf(mapOf("text" to it)) },
        ).forEach { (what, shape) ->
            test("the queue takes no more than it may weigh, in $what") {
                withLangfuse({ delivery { it.queueBytes(100_000) } }) { local, langfuse ->
                    local.always(Fault.status(503))
                    repeat(100) { langfuse.observation("o").input(shape("x".repeat(10_000))).start().end() }
                    local.always(null)
                    val report = langfuse.flush(DEADLINE)
                    report.exported() + report.dropped() shouldBe 100
                    report.dropped() shouldBeGreaterThan 50
                    local.observations().size.toLong() shouldBe report.exported()
                }
            }
        }

        test("sampling keeps or drops whole traces, and a dropped one is not counted as lost") {
            withLangfuse({ sampleRate(0.5) }) { local, langfuse ->
                repeat(200) { langfuse.observation("root").block { langfuse.observation("child").start().end() } }
                langfuse.flush(DEADLINE).isComplete shouldBe true
                val traces = local.traces()
                traces.forEach { it.observations() shouldHaveSize 2 }
                (traces.size in 50..150) shouldBe true
            }
        }

        test("in a trace that is dropped each observation has an id of its own, and is current in its block") {
            withLangfuse({ sampleRate(0.0) }) { local, langfuse ->
                langfuse.observation("root").block { root ->
                    val ids =
                        langfuse.observation("block").block { block ->
                            Observation.current().id() shouldBe block.id()
                            val handle = langfuse.observation("handle").start()
                            val below = handle.observation("below").start()
                            listOf(root, block, handle, below).onEach {
                                it.traceId() shouldBe root.traceId()
                            }.map { it.id() }
                        }
                    ids.toSet() shouldHaveSize 4
                    Observation.current().id() shouldBe root.id()
                }
                langfuse.flush(DEADLINE).exported() shouldBe 0
                local.requests().shouldBeEmpty()
            }
        }
    }) {
    /** Answers with headers, and then either never stops or never goes on. */
    private class EndlessServer(
        private val endless: Boolean,
    ) : AutoCloseable {
        val requests = LinkedBlockingQueue<String>()
        private val socket = ServerSocket(0, 50, InetAddress.getLoopbackAddress())
        val url = "http://127.0.0.1:${socket.localPort}"

        init {
            thread(isDaemon = true) {
                while (!socket.isClosed) {
                    runCatching { socket.accept() }.onSuccess { connection ->
                        thread(isDaemon = true) { serve(connection) }
                    }
                }
            }
        }

        private fun serve(connection: Socket) =
            connection.use {
                runCatching {
                    val input = connection.getInputStream()
                    check(input.read() >= 0)
                    requests += "request"
                    val output = connection.getOutputStream()
                    output.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\nxx".toByteArray())
                    output.flush()
                    val chunk = ByteArray(8192)
                    while (endless) output.write(chunk)
                    while (input.read() >= 0) Unit
                }
            }

        override fun close() = socket.close()
    }
}
