package com.langfuse.sdk

import com.langfuse.sdk.RecordingServer.Reply
import com.langfuse.sdk.local.Fault
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.score.Score
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldMatch
import io.kotest.matchers.string.shouldStartWith
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.ProxySelector
import java.net.ServerSocket
import java.net.http.HttpClient
import java.time.Duration
import java.util.concurrent.CompletableFuture
import java.util.concurrent.Executors
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime

/** What keeps observations from Langfuse is told soon, in plain words, and does not hold up the end. */
class UnreachableTest :
    FunSpec({
        val closedPort = autoClose(reservedPort()).localPort

        fun client(url: String, configure: LangfuseBuilder.() -> Unit = {}) =
            bareBuilder()
                .publicKey("pk")
                .secretKey("sk")
                .baseUrl(url)
                .apply(configure)
                .build()

        fun LangfuseBuilder.proxy(port: Int, configure: (HttpClient.Builder) -> Unit = {}) {
            delivery { line ->
                line.httpClient {
                    it.proxy(ProxySelector.of(InetSocketAddress("127.0.0.1", port)))
                    configure(it)
                }
            }
        }

        /** The port of a server that answers the first bytes of each connection with this; then closes. */
        fun answering(answer: String): Int {
            val socket = autoClose(ServerSocket(0, 50, InetAddress.getLoopbackAddress()))
            thread(isDaemon = true) {
                while (!socket.isClosed) {
                    runCatching { socket.accept() }.onSuccess { connection ->
                        thread(isDaemon = true) {
                            runCatching {
                                connection.use {
                                    it.getInputStream().read(ByteArray(8192))
                                    it.getOutputStream().write(answer.toByteArray())
                                }
                            }
                        }
                    }
                }
            }
            return socket.localPort
        }

        /** One observation that cannot be delivered; the reason in the report. */
        fun undelivered(url: String, configure: LangfuseBuilder.() -> Unit): String {
            val langfuse = client(url, configure)
            langfuse.observation("o").start().end()
            lateinit var reason: String
            val took =
                measureTime {
                    val report = langfuse.closeIfReachable(Duration.ofMinutes(3))
                    report.counts shouldBe listOf<Long>(0, 0, 0, 1)
                    reason = report.reason()!!
                    report.toString() shouldContain "1 pending; reason: $reason"
                }
            took shouldBeLessThan 90.seconds
            langfuse.delivery().counts shouldBe listOf<Long>(0, 0, 1, 0)
            return reason
        }

        val withoutTls = answering("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        val wantsCredentials = answering("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        val forbids = answering("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

        /** What is wrong, by URL. */
        val cases =
            mapOf<String, LangfuseBuilder.() -> Unit>(
                "http://127.0.0.1:$closedPort" to {},
                "https://localhost:$closedPort" to {},
                "http://langfuse.invalid:3000" to {},
                "https://langfuse.invalid" to {},
                "https://127.0.0.1:$withoutTls" to {},
                "http://closed-proxy.invalid" to { proxy(closedPort) },
                "https://closed-proxy.invalid" to { proxy(closedPort) },
                "http://proxy-with-credentials.invalid" to { proxy(wantsCredentials) },
                "https://proxy-with-credentials.invalid" to { proxy(wantsCredentials) },
                "https://forbidden.invalid" to { proxy(forbids) },
                "http://authenticator.invalid" to {
                    proxy(wantsCredentials) { it.authenticator(object : java.net.Authenticator() {}) }
                },
            )

        /** The warnings and the reason in the report, by URL; all are tried at the same time. */
        val told: Map<String, Pair<List<String>, String>> by lazy {
            lateinit var reasons: Map<String, String>
            val threads = Executors.newFixedThreadPool(cases.size)
            val warnings =
                warningsOf {
                    reasons =
                        cases
                            .mapValues { (url, configure) -> threads.submit<String> { undelivered(url, configure) } }
                            .mapValues { (_, reason) -> reason.get() }
                }
            threads.shutdown()
            val byUrl = cases.keys.associateWith { url -> warnings.filter { "Langfuse at $url " in it } }
            byUrl.values.flatten() shouldContainExactlyInAnyOrder warnings
            byUrl.mapValues { (url, its) ->
                val reason = reasons.getValue(url)
                its.single { "was closed and" in it } shouldContain "reason: $reason"
                its.single { "before they were delivered" in it } shouldContain reason
                its to reason
            }
        }

        mapOf(
            "a port that is closed" to ("http://127.0.0.1:$closedPort" to "connection refused"),
            "the same by name and TLS" to ("https://localhost:$closedPort" to "connection refused"),
            "a host that is unknown" to ("http://langfuse.invalid:3000" to "unknown host langfuse.invalid"),
            "the same with TLS" to ("https://langfuse.invalid" to "unknown host langfuse.invalid"),
        ).forEach { (name, case) ->
            test("$name: said at once with URL and reason, once, and at the end") {
                val (url, cause) = case
                val (warnings, reason) = told.getValue(url)
                reason shouldBe "Langfuse at $url could not be reached: $cause"
                warnings.first() shouldBe "$reason; it is tried again."
                warnings.count { "tried again" in it } shouldBe 1
            }
        }

        test("a server without TLS, asked for TLS") {
            told.getValue("https://127.0.0.1:$withoutTls").second shouldContain "could not be reached: TLS failed: "
        }

        test("a proxy that is not there, or does not let us through, is told apart from Langfuse") {
            listOf("http", "https").forEach { scheme ->
                told.getValue("$scheme://closed-proxy.invalid").second shouldBe
                    "Langfuse at $scheme://closed-proxy.invalid could not be reached: connection refused" +
                    " (through the proxy 127.0.0.1:$closedPort)"
                told.getValue("$scheme://proxy-with-credentials.invalid").second shouldContain
                    "answered 407 (the proxy wants credentials"
            }
            told.getValue("https://forbidden.invalid").second shouldContain
                "could not be reached: Tunnel failed, got: 403 (through the proxy 127.0.0.1:$forbids)"
        }

        test("a proxy that wants credentials, with an authenticator that has none") {
            told.getValue("http://authenticator.invalid").second shouldContain
                "answered 407 (the proxy wants credentials"
        }

        test("a server that hangs up is told at the second failure, and is waited for as long as was said") {
            val port = answering("")
            val warnings =
                warningsOf(atLeast = 1) {
                    val langfuse = client("http://127.0.0.1:$port")
                    langfuse.observation("o").start().end()
                    langfuse.closeIfReachable(Duration.ofSeconds(3)).reason() shouldBe
                        "Langfuse at http://127.0.0.1:$port gave no answer: the connection was closed"
                }
            warnings.first() shouldContain "gave no answer: the connection was closed; it is tried again."
        }

        test("a server that is down or busy is told at the second failure, once") {
            LocalLangfuse.start().use { local ->
                local.enqueue(Fault.status(503), Fault.status(503), Fault.status(503))
                val warnings =
                    warningsOf {
                        local.client().use {
                            it.observation("o").start().end()
                            it.flush(DEADLINE).counts shouldBe listOf<Long>(1, 0, 0, 0)
                            it.delivery().reason() shouldBe null
                        }
                    }
                warnings.single() shouldStartWith "Langfuse at ${local.baseUrl()} answered 503"
            }
        }

        test("a server that does not answer is in the report, for how long") {
            LocalLangfuse.start().use { local ->
                local.always(Fault.hang())
                val langfuse = local.client()
                langfuse.observation("o").start().end()
                langfuse.close(Duration.ofMillis(2500)).reason()!! shouldMatch
                    Regex("Langfuse at ${local.baseUrl()} has not answered for \\d+ s")
            }
        }

        test("a timeout says so") {
            LocalLangfuse.start().use { local ->
                local.always(Fault.hang())
                local
                    .client {
                        timeout(Duration.ofMillis(300))
                        delivery { it.retryFor(Duration.ZERO) }
                    }.use {
                        it.observation("o").start().end()
                        it.flush(DEADLINE).reason() shouldBe
                            "Langfuse at ${local.baseUrl()} gave no answer: timeout after 0.3 s"
                    }
            }
        }

        test("scores alone are told and given up in the same way") {
            val warnings =
                warningsOf {
                    val langfuse = client("http://127.0.0.1:$closedPort")
                    langfuse.scores().create(Score.numeric("s", 1.0).trace("0123456789abcdef0123456789abcdef"))
                    val took =
                        measureTime {
                            val report = langfuse.closeIfReachable(Duration.ofMinutes(3))
                            report.scores().pending() shouldBe 1
                            report.reason()!! shouldContain "connection refused"
                        }
                    took shouldBeLessThan 90.seconds
                }
            warnings.first() shouldContain "could not be reached: connection refused; it is tried again."
        }

        test("a time of one's own is used up: a way to the server that opens within it is taken") {
            val reports =
                listOf(true, false).map { inTime ->
                    CompletableFuture.supplyAsync(
                        {
                            val tries = AtomicInteger()
                            RecordingServer {
                                if (tries.incrementAndGet() <= 6) Reply(407) else Reply(200, "{}")
                            }.use { server ->
                                val langfuse = server.client()
                                langfuse.observation("o").start().end()
                                val time = Duration.ofMinutes(2)
                                if (inTime) langfuse.close(time) else langfuse.closeIfReachable(time)
                            }
                        },
                        { thread(block = it::run) },
                    )
                }
            reports.map { it.get().exported() } shouldBe listOf<Long>(1, 0)
        }

        test("wrong keys in a short program: the hint is in the closing line") {
            RecordingServer { Reply(401, """{"message":"Invalid credentials"}""") }.use { server ->
                val warnings =
                    warningsOf {
                        server.client().use { it.observation("o").start().end() }
                    }
                warnings.single { "was closed and" in it }.let {
                    it shouldContain "1 failed {401=1}; reason: Langfuse at ${server.url} answered 401"
                    it shouldContain "check LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY"
                    it shouldContain "LANGFUSE_BASE_URL is the server these keys belong to"
                }
            }
        }
    })
