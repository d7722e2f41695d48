package com.langfuse.sdk.media

import com.langfuse.sdk.DEADLINE
import com.langfuse.sdk.internal.DeliverySettings
import com.langfuse.sdk.internal.JsonEncoder
import com.langfuse.sdk.internal.QuietLog
import com.langfuse.sdk.internal.Settings
import com.langfuse.sdk.line.LangfuseEndpoint
import com.langfuse.sdk.line.Ledger
import com.langfuse.sdk.line.Line
import com.langfuse.sdk.line.LossTeller
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.local.ReceivedRequest
import com.sun.net.httpserver.HttpServer
import java.io.IOException
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.Proxy
import java.net.ProxySelector
import java.net.SocketAddress
import java.net.URI
import java.net.http.HttpClient
import java.time.Duration
import java.util.Base64
import java.util.concurrent.CopyOnWriteArrayList

internal const val INPUT = "langfuse.observation.input"
internal const val OUTPUT = "langfuse.observation.output"
internal const val METADATA = "langfuse.observation.metadata"
internal const val TRACE = "0af7651916cd43dd8448eb211c80319c"
internal const val SPAN = "b7ad6b7169203331"

internal val PNG = byteArrayOf(0x89.toByte(), 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
internal const val PNG_ID = "TEtqO-ExSrhhOL70MU3eAi"
internal const val PNG_URI = "data:image/png;base64,iVBORw0KGgo="
internal const val PNG_REFERENCE = "@@@langfuseMedia:type=image/png|id=$PNG_ID|source=base64_data_uri@@@"
internal const val HELLO_ID = "LPJNul-wow4m6Dsqxbninh"
internal const val HELLO_URI = "data:text/plain;base64,aGVsbG8="
internal const val HELLO_REFERENCE = "@@@langfuseMedia:type=text/plain|id=$HELLO_ID|source=base64_data_uri@@@"

internal fun base64(bytes: ByteArray): String = Base64.getEncoder().encodeToString(bytes)

internal fun reference(type: String, bytes: ByteArray, source: String = "base64_data_uri") =
    "@@@langfuseMedia:type=$type|id=${MediaHash.of(bytes).id()}|source=$source@@@"

/** What the delivery threads have of media, on a line to a Langfuse on loopback. */
internal class MediaWire(
    val local: LocalLangfuse,
    mostBytes: Long = 1L shl 24,
    retryFor: Duration = Duration.ofSeconds(30),
    secretKey: String = local.secretKey(),
    patience: Duration = DEADLINE,
    http: (HttpClient.Builder) -> Unit = {},
) : AutoCloseable {
    val losses = CopyOnWriteArrayList<String>()
    private val log = QuietLog(false)
    private val endpoint: LangfuseEndpoint
    val line: Line
    val uploads: MediaUploads
    val encoder: JsonEncoder

    init {
        val settings = settings(local, secretKey, retryFor)
        endpoint = LangfuseEndpoint(settings, http)
        val ledger =
            Ledger(
                "media",
                log,
                LossTeller({ kind, count, dropped, status, _ ->
                    losses += "$count $kind ${if (dropped) "dropped" else "failed $status"}"
                }, log),
            )
        line = Line(endpoint, settings, log)
        uploads = MediaUploads(line, ledger, log, mostBytes, patience)
        encoder = JsonEncoder(null, Int.MAX_VALUE, MediaUploads.texts(uploads), log)
    }

    /** The text as it leaves. */
    fun sent(text: String, attribute: String = INPUT, trace: String = TRACE, span: String = SPAN): String =
        uploads.rewrite(trace, span, attribute, text)

    /** A value's text as it leaves. */
    fun sent(value: Any, attribute: String = INPUT): String = sent(encoder.encode(value)!!, attribute)

    /** Waits for the uploads; how many are not settled. */
    fun flush(timeout: Duration = DEADLINE): Long {
        val wait = uploads.hurry()
        wait.await(timeout.toNanos())
        uploads.ledger().awaitTold(DEADLINE.toNanos())
        return wait.pending()
    }

    /** Exported, failed, dropped. */
    fun counts() =
        uploads.ledger().let { listOf(it.exported(), it.failures().values.sum(), it.dropped()) }

    override fun close() {
        uploads.close()
        endpoint.close()
    }
}

private fun settings(local: LocalLangfuse, secretKey: String, retryFor: Duration) =
    Settings(
        local.publicKey(),
        secretKey,
        local.baseUrl(),
        "/api/public/otel/v1/traces",
        emptyMap(),
        null,
        null,
        Duration.ofSeconds(10),
        Duration.ofSeconds(10),
        true,
        1.0,
        false,
        true,
        true,
        DeliverySettings(512, Duration.ofSeconds(5), false, 1000, 1L shl 26, retryFor, true, null, 1L shl 26),
    )

internal inline fun <T> withMedia(
    mostBytes: Long = 1L shl 24,
    patience: Duration = DEADLINE,
    block: (LocalLangfuse, MediaWire) -> T,
): T =
    LocalLangfuse.start().use { local ->
        MediaWire(local, mostBytes, patience = patience).use { block(local, it) }
    }

/** Spans do not wait for uploads. */
internal val IMPATIENT: Duration = Duration.ofMillis(1)

/** Method and path of each. */
internal fun LocalLangfuse.calls(): List<String> = requests().map { "${it.method()} ${it.shortPath()}" }

internal fun ReceivedRequest.shortPath() = path().removePrefix(
    "/api/public",
).replace(Regex("/local-media-upload/"), "/put/")

/** A taker that keeps what it takes. */
internal class Basket : MediaTaker {
    val taken = mutableListOf<Pair<String, ByteArray>>()

    override fun take(contentType: String, bytes: ByteArray): String {
        taken += contentType to bytes
        return reference(contentType, bytes)
    }

    override fun takePending(token: String, description: String) = "[$token]"
}

/** Leads requests to a host that does not exist to this address; or all of them. */
internal class ProxyTo(private val address: URI, private val all: Boolean = false) : ProxySelector() {
    override fun select(uri: URI): List<Proxy> =
        if (all || uri.host != address.host) {
            listOf(Proxy(Proxy.Type.HTTP, InetSocketAddress(address.host, address.port)))
        } else {
            listOf(Proxy.NO_PROXY)
        }

    override fun connectFailed(uri: URI, address: SocketAddress, e: IOException) = Unit
}

/** Answers with a status and a body, by method and host of the request. */
internal class StubServer(answer: (String, String) -> Pair<Int, String>) : AutoCloseable {
    private val server = HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0)
    val address: URI

    init {
        server.createContext("/") { exchange ->
            exchange.requestBody.readAllBytes()
            val (status, body) = answer(exchange.requestMethod, exchange.requestHeaders.getFirst("Host"))
            val bytes = body.toByteArray()
            exchange.sendResponseHeaders(status, if (bytes.isEmpty()) -1 else bytes.size.toLong())
            exchange.responseBody.use { it.write(bytes) }
        }
        server.start()
        address = URI("http://127.0.0.1:${server.address.port}")
    }

    override fun close() = server.stop(0)
}
