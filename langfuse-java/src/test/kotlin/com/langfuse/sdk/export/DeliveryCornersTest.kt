package com.langfuse.sdk.export

import com.langfuse.sdk.DEADLINE
import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.PROMPTLY
import com.langfuse.sdk.bareBuilder
import com.langfuse.sdk.client
import com.langfuse.sdk.counts
import com.langfuse.sdk.internal.QuietLog
import com.langfuse.sdk.line.Progress
import com.langfuse.sdk.local.Fault
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.warningsOf
import com.langfuse.sdk.withLangfuse
import com.sun.net.httpserver.HttpExchange
import com.sun.net.httpserver.HttpServer
import io.kotest.assertions.nondeterministic.eventually
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.opentelemetry.api.metrics.MeterProvider
import io.opentelemetry.api.trace.SpanContext
import io.opentelemetry.api.trace.StatusCode
import java.io.RandomAccessFile
import java.net.Authenticator
import java.net.InetSocketAddress
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.nio.file.Files
import java.nio.file.Path
import java.time.Duration
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.CountDownLatch
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import java.util.logging.Handler
import java.util.logging.LogRecord
import java.util.logging.Logger
import java.util.zip.GZIPInputStream
import kotlin.concurrent.thread
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime

/** What a delivery line meets once a year: each of these has lost data, hung or lied somewhere. */
class DeliveryCornersTest :
    FunSpec({
        val moment = Duration.ofMillis(200)

        fun Langfuse.record(count: Int) = repeat(count) { observation("o-$it").input("in").start().end() }

        fun LocalLangfuse.spooling(folder: Path) = client { delivery { it.spool(folder) } }

        fun LocalLangfuse.leaveBehind(
            folder: Path,
            count: Int,
        ) {
            always(Fault.status(503))
            spooling(folder).let {
                it.record(count)
                it.close(moment).pending() shouldBe count
            }
            always(null)
        }

        fun newFolder(): Path = tempdir().toPath().resolve("spool")

        context("what the application supplies") {
            test("a listener that blocks holds up neither delivery nor close") {
                LocalLangfuse.start().use { local ->
                    val free = CountDownLatch(1)
                    val heard = LinkedBlockingQueue<DeliveryListener.Loss>()
                    val langfuse =
                        local.client {
                            delivery { line ->
                                line.listener { loss ->
                                    heard += loss
                                    free.await()
                                }
                            }
                        }
                    local.enqueue(Fault.status(404))
                    langfuse.record(1)
                    langfuse.flush(DEADLINE).failed() shouldBe 1
                    heard.poll(DEADLINE.toSeconds(), TimeUnit.SECONDS)!!.status() shouldBe 404
                    langfuse.record(5)
                    langfuse.flush(DEADLINE).exported() shouldBe 5
                    measureTime { langfuse.close(Duration.ofSeconds(1)) } shouldBeLessThan PROMPTLY
                    free.countDown()
                }
            }

            test("losses of one cause that come fast are told together, and none is told twice or not at all") {
                LocalLangfuse.start().use { local ->
                    val heard = ConcurrentLinkedQueue<DeliveryListener.Loss>()
                    local.always(Fault.hang())
                    val langfuse = local.client { delivery { it.queueCapacity(10).listener(heard::add) } }
                    (1..4).map { thread { langfuse.record(10_000) } }.forEach { it.join() }
                    langfuse.close(Duration.ofMillis(1))
                    eventually(PROMPTLY) { heard.sumOf { it.count() } shouldBe langfuse.delivery().dropped() }
                    heard.size.toLong() shouldBeLessThan 1_000
                }
            }

            test("logging that takes its time, or waits for a flush, does not make flush and close late") {
                LocalLangfuse.start().use { local ->
                    local.always(Fault.status(404))
                    val langfuse = local.client()
                    val free = CountDownLatch(1)
                    val handler =
                        object : Handler() {
                            override fun publish(record: LogRecord) {
                                if (Thread.currentThread().name == "langfuse-delivery") free.await()
                            }

                            override fun flush() = Unit

                            override fun close() = Unit
                        }
                    val logger = Logger.getLogger(QuietLog.NAME)
                    logger.addHandler(handler)
                    try {
                        langfuse.record(1)
                        measureTime { langfuse.flush(DEADLINE).failed() shouldBe 1 } shouldBeLessThan PROMPTLY
                        measureTime { langfuse.delivery().failed() shouldBe 1 } shouldBeLessThan PROMPTLY
                        langfuse.record(5)
                        measureTime { langfuse.flush(Duration.ofMillis(300)) } shouldBeLessThan PROMPTLY
                        measureTime { langfuse.close(Duration.ofMillis(300)) } shouldBeLessThan PROMPTLY
                    } finally {
                        free.countDown()
                        logger.removeHandler(handler)
                    }
                }
            }

            test("a mask that gives a list of this and that, or interrupts its thread, costs no batch") {
                withLangfuse({
                    attributeMask { _, name, value ->
                        Thread.currentThread().interrupt()
                        if (name == "langfuse.observation.input" && value == "mixed") listOf("x", 1L) else value
                    }
                }) { local, langfuse ->
                    langfuse.observation("mixed").input("mixed").start().end()
                    langfuse.record(20)
                    langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(21, 0, 0, 0)
                    local.observations().first { it.name == "mixed" }.input.toString() shouldBe "[x, 1]"
                }
            }

            test("a meter provider that throws: a warning, and no metrics") {
                LocalLangfuse.start().use { local ->
                    val warnings =
                        warningsOf {
                            val broken = MeterProvider { error("no meters today") }
                            local.client { delivery { it.meterProvider(broken) } }.use {
                                it.record(1)
                                it.flush(DEADLINE).exported() shouldBe 1
                            }
                        }
                    warnings.single() shouldContain "no meters today"
                }
            }

            test("an authenticator, which a proxy may need, does not hide that the keys are refused") {
                LocalLangfuse.start().use { local ->
                    val langfuse =
                        local.client {
                            secretKey("sk-wrong")
                            delivery { line -> line.httpClient { it.authenticator(object : Authenticator() {}) } }
                        }
                    langfuse.record(1)
                    langfuse.flush(DEADLINE).observations().failures() shouldBe mapOf(401 to 1L)
                    langfuse.close()
                }
            }
        }

        context("servers and networks") {
            test("an observation that is too large however it is cut: a few tries, then it is given up") {
                LocalLangfuse.start().use { local ->
                    local.always(Fault.status(413))
                    local.client().use { langfuse ->
                        langfuse.observation("o").input("x".repeat(1_000)).start().end()
                        langfuse.flush(DEADLINE).observations().failures() shouldBe mapOf(413 to 1L)
                        local.requests().size.toLong() shouldBeLessThan 6
                        langfuse.record(500)
                        langfuse.flush(DEADLINE).failed() shouldBe 500
                        local.requests().size.toLong() shouldBeLessThan 30
                    }
                }
            }

            test("several cuts of one text leave one mark, with its first length") {
                LocalLangfuse.start().use { local ->
                    local.always(Fault.tooLarge(30_000))
                    local.client { delivery { it.gzip(false) } }.use { langfuse ->
                        langfuse.observation("o").input("x".repeat(1_000_000)).start().end()
                        langfuse.flush(DEADLINE).observations().truncated() shouldBe 1
                        val text = local.observations().single().input.toString()
                        Regex("cut:").findAll(text).count() shouldBe 1
                        text shouldContain "[cut: 1000000 characters"
                    }
                }
            }

            test("a limit that was learnt grows again") {
                LocalLangfuse.start().use { local ->
                    local.enqueue(Fault.status(413), Fault.status(413), Fault.status(413))
                    local.client { delivery { it.gzip(false) } }.use { langfuse ->
                        repeat(3) {
                            repeat(400) { langfuse.observation("o").input("x".repeat(4_000)).start().end() }
                            langfuse.flush(DEADLINE).exported() shouldBe 400
                        }
                        val largest = local.requests().filter { it.status() == 200 }.map { it.body().size }
                        (largest.takeLast(5).max() > largest.take(3).max()) shouldBe true
                    }
                }
            }

            test("close tries again when the server is back within its time") {
                LocalLangfuse.start().use { local ->
                    local.enqueue(Fault.status(503), Fault.status(503), Fault.status(503), Fault.status(503))
                    val langfuse = local.client()
                    langfuse.record(3)
                    langfuse.close(DEADLINE).counts shouldBe listOf<Long>(3, 0, 0, 0)
                }
            }

            test("a program that flushes after each observation leaves an ailing server in peace") {
                LocalLangfuse.start().use { local ->
                    local.always(Fault.status(503))
                    val langfuse = local.client()
                    val end = System.nanoTime() + TimeUnit.SECONDS.toNanos(2)
                    while (System.nanoTime() < end) {
                        langfuse.record(1)
                        langfuse.flush(Duration.ofMillis(5))
                    }
                    langfuse.close(Duration.ofMillis(1))
                    local.requests().size.toLong() shouldBeLessThan 30
                }
                LocalLangfuse.start().use { local ->
                    val langfuse = local.client { secretKey("sk-wrong") }
                    repeat(100) {
                        langfuse.record(1)
                        langfuse.flush(Duration.ofMillis(10))
                    }
                    langfuse.close(Duration.ofMillis(1))
                    local.requests().size.toLong() shouldBeLessThan 15
                }
            }

            listOf(true, false).forEach { spooled ->
                test("one that a server breaks on does not take the others with it, spooled: $spooled") {
                    LocalLangfuse.start().use { local ->
                        BreakingLangfuse(local, "poison").use { breaking ->
                            val langfuse =
                                local.client {
                                    baseUrl(breaking.url)
                                    delivery { line ->
                                        line.retryFor(Duration.ofSeconds(2))
                                        if (spooled) line.spool(newFolder())
                                    }
                                }
                            langfuse.record(30)
                            langfuse.observation("poison").start().end()
                            langfuse.record(30)
                            langfuse.flush(DEADLINE).let {
                                it.exported() shouldBe 60
                                it.observations().failures() shouldBe mapOf(500 to 1L)
                            }
                            langfuse.close()
                        }
                        local.observations() shouldHaveSize 60
                        local.duplicates() shouldBe 0
                    }
                }
            }

            test("two of which one breaks the server: one arrives, once, and one is counted") {
                LocalLangfuse.start().use { local ->
                    BreakingLangfuse(local, "poison").use { breaking ->
                        local
                            .client {
                                baseUrl(breaking.url)
                                delivery { it.retryFor(Duration.ofSeconds(1)) }
                            }.use { langfuse ->
                                langfuse.observation("fine").start().end()
                                langfuse.observation("poison").start().end()
                                langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(1, 1, 0, 0)
                            }
                    }
                    // An export without spans is what tells that the server is well.
                    local.requests().map { it.spans() }.filter { it > 0 } shouldBe listOf(1)
                }
            }

            test("a refusal of scores alone does not stop observations") {
                LocalLangfuse.start().use { local ->
                    local.always(Fault.status(403).on("/api/public/ingestion"))
                    val langfuse = local.client()
                    langfuse.observation("o").start().let {
                        it.score("s", 1.0)
                        it.end()
                    }
                    langfuse.flush(DEADLINE).scores().failures() shouldBe mapOf(403 to 1L)
                    langfuse.record(10)
                    langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(10, 0, 0, 0)
                    langfuse.close()
                }
            }

            test("redirects are not followed, whatever the HTTP client is told: a POST would arrive as a GET") {
                LocalLangfuse.start().use { local ->
                    val redirecting = HttpServer.create(InetSocketAddress("127.0.0.1", 0), 0)
                    redirecting.createContext("/") { exchange ->
                        exchange.requestBody.readAllBytes()
                        exchange.responseHeaders.add("Location", "${local.baseUrl()}/api/public/health")
                        exchange.sendResponseHeaders(302, -1)
                        exchange.close()
                    }
                    redirecting.start()
                    local
                        .client {
                            baseUrl("http://127.0.0.1:${redirecting.address.port}")
                            delivery { line ->
                                line.httpClient { it.followRedirects(HttpClient.Redirect.ALWAYS) }
                            }
                        }.use {
                            it.record(1)
                            it.flush(DEADLINE).observations().failures() shouldBe mapOf(302 to 1L)
                        }
                    redirecting.stop(0)
                }
            }

            test(
                "a redirect says where it leads, a name that is not known that it is not; a user in the URL is refused",
            ) {
                val warnings =
                    warningsOf {
                        com.sun.net.httpserver.HttpServer
                            .create(java.net.InetSocketAddress("127.0.0.1", 0), 0)
                            .apply {
                                createContext("/") { exchange ->
                                    exchange.responseHeaders.add("Location", "https://elsewhere.example/")
                                    exchange.sendResponseHeaders(308, -1)
                                    exchange.close()
                                }
                                start()
                            }.let { server ->
                                bareBuilder()
                                    .publicKey("pk")
                                    .secretKey("sk")
                                    .baseUrl("http://127.0.0.1:${server.address.port}")
                                    .build()
                                    .use {
                                        it.record(1)
                                        it.flush(DEADLINE).failed() shouldBe 1
                                    }
                                server.stop(0)
                            }
                        bareBuilder()
                            .publicKey("pk")
                            .secretKey("sk")
                            .baseUrl("http://no-such-host.invalid")
                            .delivery { it.retryFor(Duration.ZERO) }
                            .build()
                            .use {
                                it.record(1)
                                it.flush(DEADLINE).failed() shouldBe 1
                            }
                    }
                warnings.first { "308" in it } shouldContain "https://elsewhere.example/"
                warnings.single { "no-such-host" in it } shouldContain "unknown host no-such-host.invalid"
                val refusal = shouldThrow<IllegalArgumentException> { bareBuilder().baseUrl("http://me:secret@host") }
                refusal.message!! shouldNotContain "secret"
            }
        }

        context("bounds and numbers") {
            test("names, status texts and events weigh, too") {
                fun weightOf(record: (io.opentelemetry.api.trace.Span) -> Unit): Long {
                    var weight = 0L
                    val processor =
                        object : io.opentelemetry.sdk.trace.SpanProcessor {
                            override fun onStart(
                                parentContext: io.opentelemetry.context.Context,
                                span: io.opentelemetry.sdk.trace.ReadWriteSpan,
                            ) = Unit

                            override fun isStartRequired() = false

                            override fun onEnd(span: io.opentelemetry.sdk.trace.ReadableSpan) {
                                weight = SpanWeight.of(span.toSpanData())
                            }

                            override fun isEndRequired() = true
                        }
                    io.opentelemetry.sdk.trace.SdkTracerProvider
                        .builder()
                        .addSpanProcessor(processor)
                        .build()
                        .use { provider ->
                            val span = provider.get("s").spanBuilder("n").startSpan()
                            record(span)
                            span.end()
                        }
                    return weight
                }
                val text = "x".repeat(100_000)
                val bare = weightOf { }
                weightOf { it.updateName(text) } - bare shouldBeGreaterThan 99_000
                weightOf { it.setStatus(StatusCode.ERROR, text) } - bare shouldBeGreaterThan 99_000
                weightOf { it.addEvent(text) } - bare shouldBeGreaterThan 99_000
                weightOf { it.recordException(IllegalStateException(text)) } - bare shouldBeGreaterThan 99_000
                weightOf { it.setAttribute("k", text) } - bare shouldBeGreaterThan 99_000
                weightOf {
                    it.addLink(
                        SpanContext.getInvalid(),
                        io.opentelemetry.api.common.Attributes
                            .builder()
                            .put("k", text)
                            .build(),
                    )
                    it.addLink(
                        SpanContext.create(
                            "1".repeat(32),
                            "2".repeat(16),
                            io.opentelemetry.api.trace.TraceFlags
                                .getSampled(),
                            io.opentelemetry.api.trace.TraceState
                                .getDefault(),
                        ),
                        io.opentelemetry.api.common.Attributes
                            .builder()
                            .put("k", text)
                            .build(),
                    )
                } - bare shouldBeGreaterThan 99_000
            }

            test("what was accepted and then not queued does not stand for what waits") {
                val progress = Progress()
                progress.accepted(11)
                progress.withdraw(1)
                progress.take(9).settle(9)
                progress.unsettled(11) shouldBe 1
                progress.waiting() shouldBe 1
            }

            test("shares that are settled out of order do not end a wait early") {
                val progress = Progress()
                progress.accepted(10)
                val early = progress.take(5)
                progress.take(5).settle(5)
                progress.unsettled(5) shouldBe 5
                progress.unsettled(10) shouldBe 5
                early.settle(5)
                progress.unsettled(10) shouldBe 0
            }

            test("reports add up while everybody records and flushes, and nothing is in two numbers") {
                LocalLangfuse.start().use { local ->
                    local.always(Fault.refusing("o-7"))
                    local.client { flushAt(20) }.use { langfuse ->
                        val reports = ConcurrentLinkedQueue<FlushReport>()
                        (1..8)
                            .map {
                                thread {
                                    repeat(20) {
                                        langfuse.record(10)
                                        reports += langfuse.flush(Duration.ofMillis(5))
                                    }
                                }
                            }.forEach { it.join() }
                        reports += langfuse.flush(DEADLINE)
                        val total = langfuse.delivery()
                        reports.sumOf { it.exported() } shouldBe total.exported()
                        reports.sumOf { it.failed() } shouldBe total.failed()
                        total.exported() + total.failed() + total.dropped() shouldBe 1_600
                        total.observations().retried() shouldBeLessThan 1_601
                    }
                }
            }
        }

        context("the spool's folder") {
            test("what waits in it stays in the numbers after close") {
                val folder = newFolder()
                LocalLangfuse.start().use { local ->
                    local.always(Fault.status(503))
                    val langfuse = local.spooling(folder)
                    langfuse.record(100)
                    langfuse.close(moment).pending() shouldBe 100
                    langfuse.delivery().pending() shouldBe 100
                    measureTime { langfuse.flush(DEADLINE).pending() shouldBe 100 } shouldBeLessThan PROMPTLY
                }
            }

            test("a file that cannot be read back is counted, and holds up nothing") {
                val folder = newFolder()
                LocalLangfuse.start().use { local ->
                    local.always(Fault.status(503))
                    val langfuse = local.client {
                        delivery { it.spool(folder) }
                        flushInterval(Duration.ofHours(1))
                    }
                    langfuse.record(10)
                    val file = folder.toFile().listFiles()!!.single { it.name.endsWith(".spool") }
                    RandomAccessFile(file, "rw").use { it.setLength(8) }
                    local.always(null)
                    langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(0, 0, 10, 0)
                    langfuse.record(5)
                    langfuse.flush(DEADLINE).exported() shouldBe 5
                    langfuse.close()
                }
            }

            test("files that claim to be long, that are empty, or that are no files, cost nobody anything") {
                val folder = newFolder()
                LocalLangfuse.start().use { local ->
                    local.leaveBehind(folder, 5)
                    val segment = folder.toFile().listFiles()!!.single { it.name.endsWith(".spool") }
                    val owner = segment.name.removeSuffix("-000000.spool")
                    RandomAccessFile(folder.resolve("$owner-000001.spool").toFile(), "rw").use {
                        it.write("LFSPOOL2".toByteArray())
                        it.writeInt((1 shl 30) - 100)
                        it.writeInt(0)
                        it.write(1)
                        it.setLength(1L shl 30)
                    }
                    Files.createFile(folder.resolve("$owner-000002.spool"))
                    Files.writeString(folder.resolve("$owner-000003.spool"), "LFSP")
                    Files.createDirectory(folder.resolve("${owner.dropLast(3)}dir.lock"))
                    Files.createSymbolicLink(folder.resolve("${owner.dropLast(3)}lnk.lock"), folder.resolve("nowhere"))
                    measureTime {
                        local.spooling(folder).use { it.flush(DEADLINE).exported() shouldBe 5 }
                    } shouldBeLessThan PROMPTLY
                    local.duplicates() shouldBe 0
                }
            }

            test("many leftovers do not make flush and close late") {
                val folder = newFolder()
                LocalLangfuse.start().use { local ->
                    repeat(60) { local.leaveBehindQuickly(folder) }
                    local.always(Fault.hang())
                    val langfuse = local.spooling(folder)
                    measureTime { langfuse.flush(Duration.ofMillis(500)) } shouldBeLessThan 15.seconds
                    langfuse.delivery().pending() shouldBe 60
                    measureTime { langfuse.close(Duration.ofMillis(500)) } shouldBeLessThan 15.seconds
                }
            }

            test("clients that come and go on one folder at the same time all get their spool") {
                val folder = newFolder()
                LocalLangfuse.start().use { local ->
                    val warnings =
                        warningsOf {
                            (1..8)
                                .map {
                                    thread {
                                        repeat(15) {
                                            local.spooling(folder).use { langfuse ->
                                                langfuse.record(2)
                                                langfuse.flush(DEADLINE)
                                            }
                                        }
                                    }
                                }.forEach { it.join() }
                        }
                    warnings.shouldBeEmpty()
                    local.observations() shouldHaveSize 240
                    local.duplicates() shouldBe 0
                }
                folder.toFile().list()!!.toList().shouldBeEmpty()
            }

            test("a second way to the same folder does not take a living client's files away") {
                val folder = newFolder()
                val other = tempdir().toPath().resolve("link")
                Files.createDirectories(folder)
                Files.createSymbolicLink(other, folder)
                LocalLangfuse.start().use { local ->
                    local.always(Fault.status(503))
                    val living = local.spooling(folder)
                    living.record(5)
                    local.spooling(other).use { it.flush(moment) }
                    // A process that comes now must find the lock held.
                    local.always(null)
                    val output =
                        Java().run(SpoolingProgram::class.java, "${local.baseUrl()}", "$other", "0")
                    output shouldContain "observations: 0 exported"
                    living.flush(DEADLINE).exported() shouldBe 5
                    living.close()
                    local.duplicates() shouldBe 0
                }
            }
        }
    })

/** One observation in a file of its own, without waiting for a server. */
private fun LocalLangfuse.leaveBehindQuickly(folder: Path) {
    always(Fault.hang())
    client { delivery { it.spool(folder) } }.let {
        it.observation("left").start().end()
        it.close(Duration.ofMillis(1))
    }
}

/** Stands before a Langfuse, and answers 500 to everything that has a certain word in it. */
private class BreakingLangfuse(
    behind: LocalLangfuse,
    word: String,
) : AutoCloseable {
    private val client = HttpClient.newHttpClient()
    private val server = HttpServer.create(InetSocketAddress("127.0.0.1", 0), 0)
    val url: String get() = "http://127.0.0.1:${server.address.port}"

    init {
        server.createContext("/") { exchange ->
            val packed = exchange.requestBody.readAllBytes()
            val body = GZIPInputStream(packed.inputStream()).readAllBytes()
            val breaks = String(body, Charsets.ISO_8859_1).contains(word)
            exchange.sendResponseHeaders(if (breaks) 500 else forward(exchange, packed, behind), -1)
            exchange.close()
        }
        server.start()
    }

    private fun forward(
        exchange: HttpExchange,
        body: ByteArray,
        behind: LocalLangfuse,
    ): Int {
        val request =
            HttpRequest
                .newBuilder(URI("${behind.baseUrl()}${exchange.requestURI}"))
                .version(HttpClient.Version.HTTP_1_1)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
        listOf("Authorization", "Content-Type", "Content-Encoding").forEach {
            request.header(it, exchange.requestHeaders.getFirst(it))
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.discarding()).statusCode()
    }

    override fun close() = server.stop(0)
}
