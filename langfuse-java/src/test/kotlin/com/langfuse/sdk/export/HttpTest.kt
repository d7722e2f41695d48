package com.langfuse.sdk.export

import com.langfuse.sdk.DEADLINE
import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.bareBuilder
import com.langfuse.sdk.client
import com.langfuse.sdk.counts
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.warningsOf
import com.langfuse.sdk.withLangfuse
import com.sun.net.httpserver.HttpExchange
import com.sun.net.httpserver.HttpServer
import com.sun.net.httpserver.HttpsConfigurator
import com.sun.net.httpserver.HttpsServer
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import java.io.File
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.ProxySelector
import java.security.KeyStore
import java.time.Duration
import java.util.concurrent.ConcurrentLinkedQueue
import javax.net.ssl.KeyManagerFactory
import javax.net.ssl.SSLContext
import javax.net.ssl.TrustManagerFactory
import kotlin.time.measureTime

/** One HTTP line, as the application wants it. */
class HttpTest :
    FunSpec({
        val loopback = InetSocketAddress(InetAddress.getLoopbackAddress(), 0)

        fun Langfuse.record() = observation("o").input("in").start().end()

        fun HttpExchange.answer(body: String) {
            requestBody.readAllBytes()
            sendResponseHeaders(200, body.length.toLong())
            responseBody.use { it.write(body.toByteArray()) }
        }

        fun <S : HttpServer, T> S.serving(
            answer: (HttpExchange) -> Unit,
            block: (Int) -> T,
        ): T {
            createContext("/", answer)
            start()
            try {
                return block(address.port)
            } finally {
                stop(0)
            }
        }

        test("a proxy is used for observations and for the project lookup alike") {
            val asked = ConcurrentLinkedQueue<String>()
            HttpServer.create(loopback, 0).serving({ exchange ->
                asked += "${exchange.requestMethod} ${exchange.requestURI}"
                exchange.answer("""{"data":[{"id":"p-1"}]}""")
            }) { port ->
                bareBuilder()
                    .publicKey("pk")
                    .secretKey("sk")
                    .baseUrl("http://langfuse.invalid:3000")
                    .delivery { line ->
                        line.httpClient { it.proxy(ProxySelector.of(InetSocketAddress("127.0.0.1", port))) }
                    }.build()
                    .use { langfuse ->
                        langfuse.record()
                        langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(1, 0, 0, 0)
                        langfuse.traceUrl("t") shouldBe "http://langfuse.invalid:3000/project/p-1/traces/t"
                    }
            }
            asked.toList() shouldBe
                listOf(
                    "POST http://langfuse.invalid:3000/api/public/otel/v1/traces",
                    "GET http://langfuse.invalid:3000/api/public/projects",
                )
        }

        test("a certificate of one's own is trusted when told so, and only then") {
            val store = keyStore(tempdir())
            val server = HttpsServer.create(loopback, 0).apply {
                httpsConfigurator =
                    HttpsConfigurator(sslContext(store))
            }
            server.serving({ it.answer("{}") }) { port ->
                fun client(trusting: SSLContext?) =
                    bareBuilder()
                        .publicKey("pk")
                        .secretKey("sk")
                        .baseUrl("https://localhost:$port")
                        .delivery { line ->
                            line.retryFor(Duration.ZERO)
                            trusting?.let { context -> line.httpClient { it.sslContext(context) } }
                        }.build()
                client(sslContext(store)).use { langfuse ->
                    langfuse.record()
                    langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(1, 0, 0, 0)
                }
                val warnings =
                    warningsOf {
                        client(null).use { langfuse ->
                            langfuse.record()
                            langfuse.flush(DEADLINE).counts shouldBe listOf<Long>(0, 1, 0, 0)
                        }
                    }
                bareBuilder()
                    .publicKey("pk")
                    .secretKey("sk")
                    .baseUrl("https://127.0.0.1:$port") // which the certificate is not for
                    .delivery { line -> line.httpClient { it.sslContext(sslContext(store)) } }
                    .build()
                    .let { langfuse ->
                        langfuse.record()
                        val took = measureTime {
                            langfuse.close()
                        }
                        took.inWholeSeconds shouldBeLessThan 9
                        langfuse.delivery().reason()!! shouldContain
                            "could not be reached: TLS certificate not trusted: No subject alternative names"
                    }
                warnings.first() shouldContain
                    "https://localhost:$port could not be reached: TLS certificate not trusted: "
            }
        }

        test("an HTTP setting that throws is refused when the client is built") {
            shouldThrow<IllegalStateException> {
                bareBuilder()
                    .publicKey("pk")
                    .secretKey("sk")
                    .delivery { it.httpClient { error("not today") } }
                    .build()
            }.message shouldBe "not today"
        }

        test("without compression the body is plain protobuf") {
            withLangfuse({ delivery { it.gzip(false) } }) { local, langfuse ->
                langfuse.record()
                langfuse.flush(DEADLINE).exported() shouldBe 1
                local.requests().single().headers()["content-encoding"] shouldBe null
                String(local.requests().single().body(), Charsets.ISO_8859_1) shouldContain "langfuse.observation.input"
            }
        }

        test("immediately: what has ended leaves without waiting for company, and end does not wait") {
            withLangfuse({
                delivery { it.immediate(true) }
                flushInterval(Duration.ofHours(1))
            }) { local, langfuse ->
                repeat(3) { index ->
                    langfuse.record()
                    local.awaitObservations(index + 1, DEADLINE)
                }
            }
        }

        test("threads are daemons, named, started by the first observation, and gone after close") {
            fun ours() =
                Thread
                    .getAllStackTraces()
                    .keys
                    .filter { it.name.startsWith("langfuse-delivery") || it.name == "langfuse-http" }
            LocalLangfuse.start().use { local ->
                val before = ours().toSet()
                val langfuse = local.client()
                (ours() - before).size shouldBe 0
                langfuse.record()
                langfuse.flush(DEADLINE)
                val started = ours() - before
                started.map { it.name } shouldContain "langfuse-delivery"
                started.forEach { it.isDaemon shouldBe true }
                langfuse.close()
                started.forEach {
                    it.join(DEADLINE.toMillis())
                    it.isAlive shouldBe false
                }
            }
        }

        test("neither settings nor reports nor losses show the secret key") {
            val settings = bareBuilder().publicKey("pk-shown").secretKey("sk-secret")
            settings.toString() shouldNotContain "sk-secret"
            settings.build().use { it.toString() shouldNotContain "sk-secret" }
        }
    })

private const val PASSWORD = "changeit"

/** A key and a certificate for localhost, by the JDK's own tool. */
private fun keyStore(folder: File): KeyStore {
    val file = File(folder, "localhost.p12")
    val keytool =
        ProcessBuilder(
            File(System.getProperty("java.home"), "bin/keytool").path,
            *("-genkeypair -alias a -keyalg EC -dname CN=localhost -ext san=dns:localhost -storetype PKCS12").split(
                " ",
            ).toTypedArray(),
            "-storepass",
            PASSWORD,
            "-keystore",
            file.path,
        ).redirectErrorStream(true).start()
    keytool.inputStream.readAllBytes() shouldNotBe null
    keytool.waitFor() shouldBe 0
    return KeyStore.getInstance(file, PASSWORD.toCharArray())
}

private fun sslContext(store: KeyStore): SSLContext {
    val keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm())
    keys.init(store, PASSWORD.toCharArray())
    val trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm())
    trust.init(store)
    return SSLContext.getInstance("TLS").apply { init(keys.keyManagers, trust.trustManagers, null) }
}
