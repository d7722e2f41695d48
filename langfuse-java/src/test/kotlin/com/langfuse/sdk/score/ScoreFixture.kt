package com.langfuse.sdk.score

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.ObjectMapper
import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.LangfuseBuilder
import com.langfuse.sdk.bareBuilder
import com.langfuse.sdk.local.ReceivedRequest
import com.sun.net.httpserver.HttpExchange
import com.sun.net.httpserver.HttpServer
import java.io.ByteArrayInputStream
import java.net.InetAddress
import java.net.InetSocketAddress
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.Executors
import java.util.zip.GZIPInputStream

internal const val INGESTION = "/api/public/ingestion"
internal const val SCORES = "/api/public/scores"
internal const val TRACE = "0123456789abcdef0123456789abcdef"

internal val JSON = ObjectMapper()

/** A score of some trace. */
internal fun some(name: String): Score = Score.numeric(name, 1.0).trace(TRACE)

internal fun Langfuse.create(score: Score) = scores().create(score)

internal fun ReceivedRequest.json(): JsonNode = JSON.readTree(unpacked(body, headers["content-encoding"]))

private fun unpacked(
    body: ByteArray,
    encoding: String?,
): ByteArray = if (encoding == "gzip") GZIPInputStream(ByteArrayInputStream(body)).readBytes() else body

/** A server that answers as a test wants it to, for what a Langfuse on loopback would not answer. */
internal class ScriptedServer(
    private val answer: (request: Request) -> Answer,
) : AutoCloseable {
    data class Request(
        val path: String,
        val json: JsonNode,
        val bytes: Int,
    ) {
        /** Of the scores in it. */
        val names: List<String>
            get() =
                if (json.has("batch")) {
                    json["batch"].map { it["body"]["name"].asText() }
                } else {
                    listOf(json["name"].asText())
                }
    }

    /** Without a body of its own it accepts all that came. */
    data class Answer(
        val status: Int,
        val body: String? = null,
        val contentType: String = "application/json",
    )

    val requests = CopyOnWriteArrayList<Request>()
    private val threads = Executors.newCachedThreadPool { Thread(it).apply { isDaemon = true } }
    private val server =
        HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0).apply {
            executor = threads
            createContext("/", ::serve)
            start()
        }

    private fun serve(exchange: HttpExchange) {
        val body =
            unpacked(
                exchange.requestBody.readAllBytes(),
                exchange.requestHeaders.getFirst("Content-Encoding"),
            )
        val request = Request(exchange.requestURI.path, JSON.readTree(body), body.size)
        requests += request
        val answer = answer(request)
        val bytes = (answer.body ?: accepting(request)).toByteArray()
        exchange.responseHeaders.add("Content-Type", answer.contentType)
        exchange.sendResponseHeaders(answer.status, if (bytes.isEmpty()) -1 else bytes.size.toLong())
        exchange.responseBody.use { it.write(bytes) }
    }

    private fun accepting(request: Request): String {
        val events = request.json["batch"] ?: return """{"id":"s"}"""
        val successes = events.joinToString { """{"id":"${it["id"].asText()}","status":201}""" }
        return """{"successes":[$successes],"errors":[]}"""
    }

    fun client(configure: LangfuseBuilder.() -> Unit = {}): Langfuse =
        bareBuilder()
            .publicKey("pk")
            .secretKey("sk")
            .baseUrl("http://127.0.0.1:${server.address.port}")
            .apply(configure)
            .build()

    override fun close() {
        server.stop(0)
        threads.shutdownNow()
    }
}
