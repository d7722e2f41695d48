package com.langfuse.sdk

import com.sun.net.httpserver.HttpExchange
import com.sun.net.httpserver.HttpServer
import java.net.InetAddress
import java.net.InetSocketAddress
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.Executors

/** An HTTP server that keeps what it is sent, and answers whatever the test says. */
internal class RecordingServer(
    private val reply: (Received) -> Reply,
) : AutoCloseable {
    class Received(
        val method: String,
        val path: String,
        val headers: Map<String, String>,
        val body: ByteArray,
    ) {
        override fun toString() = "$method $path"
    }

    class Reply(
        val status: Int,
        val body: ByteArray,
        val headers: Map<String, String>,
    ) {
        constructor(status: Int, body: String = "", vararg headers: Pair<String, String>) :
            this(status, body.toByteArray(), mapOf(*headers))
    }

    val requests = CopyOnWriteArrayList<Received>()
    private val threads = Executors.newCachedThreadPool { Thread(it).apply { isDaemon = true } }
    private val server =
        HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0).apply {
            executor = threads
            createContext("/", ::serve)
            start()
        }
    val url = "http://127.0.0.1:${server.address.port}"

    private fun serve(exchange: HttpExchange) {
        val headers = exchange.requestHeaders.entries.associate { it.key.lowercase() to it.value.joinToString() }
        val path = exchange.requestURI.path
        val request = Received(exchange.requestMethod, path, headers, exchange.requestBody.readAllBytes())
        requests += request
        val reply = reply(request)
        reply.headers.forEach(exchange.responseHeaders::add)
        exchange.sendResponseHeaders(reply.status, if (reply.body.isEmpty()) -1 else reply.body.size.toLong())
        exchange.responseBody.use { it.write(reply.body) }
    }

    /** A client of it, which is to be closed. */
    fun client(configure: LangfuseBuilder.() -> Unit = {}): Langfuse =
        bareBuilder()
            .publicKey("pk")
            .secretKey("sk")
            .baseUrl(url)
            .apply(configure)
            .build()

    override fun close() {
        server.stop(0)
        threads.shutdownNow()
    }
}
