package com.langfuse.sdk.samples

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.local.LocalTrace
import com.sun.net.httpserver.HttpExchange
import com.sun.net.httpserver.HttpServer
import io.kotest.matchers.shouldBe
import java.io.ByteArrayOutputStream
import java.io.PrintStream
import java.net.InetAddress
import java.net.InetSocketAddress
import java.time.Duration
import java.util.concurrent.Executors

/** A Langfuse of the test's own, and a client that sends to it. */
class Tracing : AutoCloseable {
    private val local = LocalLangfuse.start()
    val langfuse: Langfuse = clientOf(local)

    /** The one trace of the test, complete. */
    fun trace(): LocalTrace {
        langfuse.flush(Duration.ofMinutes(2)).isComplete shouldBe true
        return local.traces().single()
    }

    override fun close() {
        langfuse.close()
        local.close()
    }
}

/** A client that sends there. */
fun clientOf(local: LocalLangfuse): Langfuse =
    Langfuse
        .builder()
        .publicKey(local.publicKey())
        .secretKey(local.secretKey())
        .baseUrl(local.baseUrl().toString())
        .flushOnExit(false)
        .build()

/** A model endpoint that behaves as the test wants it to. */
class Endpoint(private val behave: (HttpExchange) -> Unit) : AutoCloseable {
    private val threads = Executors.newCachedThreadPool()
    private val server = HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0)
    val baseUrl: String

    init {
        server.executor = threads
        server.createContext("/") { it.use(behave) }
        server.start()
        baseUrl = "http://127.0.0.1:${server.address.port}/v1"
    }

    override fun close() {
        server.stop(0)
        threads.shutdownNow()
    }

    companion object {
        fun answering(status: Int, body: String) = Endpoint { it.reply(status, body) }
    }
}

fun HttpExchange.reply(status: Int, body: String) {
    sendResponseHeaders(status, body.length.toLong())
    responseBody.write(body.toByteArray())
}

/** What the block writes to the terminal. */
fun printed(block: () -> Unit): String {
    val terminal = System.out
    val bytes = ByteArrayOutputStream()
    System.setOut(PrintStream(bytes, true, Charsets.UTF_8))
    try {
        block()
    } finally {
        System.setOut(terminal)
    }
    return bytes.toString(Charsets.UTF_8)
}
