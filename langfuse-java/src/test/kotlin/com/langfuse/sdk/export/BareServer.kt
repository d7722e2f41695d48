package com.langfuse.sdk.export

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.LangfuseBuilder
import com.langfuse.sdk.bareBuilder
import java.io.BufferedInputStream
import java.io.InputStream
import java.net.InetAddress
import java.net.ServerSocket
import java.net.Socket
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicInteger
import java.util.zip.GZIPInputStream
import kotlin.concurrent.thread

/** What a server does with a request instead of accepting it. */
internal sealed interface Failure {
    data class Status(
        val status: Int,
    ) : Failure

    /** No answer: the connection ends. */
    data object Close : Failure

    /** No answer, and the connection stays open. */
    data object Hang : Failure
}

/** How a proxy refuses a body by its announced length, before it has read it. */
internal enum class EarlyRefusal {
    /** Answers 413 and reads on for a while, so that the answer can be read. */
    LINGERING,

    /** Answers 413 and closes; the unread body turns that into a reset. */
    ABRUPT,

    /** Closes without an answer. */
    SILENT,
}

/**
 * A bare HTTP/1.1 server on loopback that sees the names of the observations in each export, so that it can fail
 * because of them.
 *
 * @param longest body that is read, as it travels
 * @param failure what happens to an export with these observations; null when it is accepted
 */
internal class BareServer(
    private val longest: Int = Int.MAX_VALUE,
    private val early: EarlyRefusal = EarlyRefusal.LINGERING,
    private val failure: (names: List<String>) -> Failure? = { null },
) : AutoCloseable {
    /** Names of what was accepted, and how often. */
    val accepted = ConcurrentHashMap<String, Int>()
    val requests = AtomicInteger()
    val refusedEarly = AtomicInteger()
    private val closed = CountDownLatch(1)
    private val connections = ConcurrentLinkedQueue<Socket>()
    private val socket = ServerSocket(0, 200, InetAddress.getLoopbackAddress())

    init {
        thread(isDaemon = true) {
            while (!socket.isClosed) {
                runCatching { socket.accept() }.onSuccess { connection ->
                    connections += connection
                    thread(isDaemon = true) { connection.use { runCatching { serve(it) } } }
                }
            }
        }
    }

    val duplicates get() = accepted.values.sumOf { it - 1 }

    fun client(configure: LangfuseBuilder.() -> Unit = {}): Langfuse =
        bareBuilder()
            .publicKey("pk")
            .secretKey("sk")
            .baseUrl("http://127.0.0.1:${socket.localPort}")
            .apply(configure)
            .build()

    private fun serve(connection: Socket) {
        val input = BufferedInputStream(connection.getInputStream())
        while (true) {
            val headers = generateSequence { input.line() }.takeWhile { it.isNotEmpty() }.toList()
            if (headers.isEmpty()) return
            requests.incrementAndGet()
            val length = headers.first { it.startsWith("content-length:", true) }.substringAfter(':').trim().toInt()
            if (length > longest) {
                return refuseEarly(connection, input)
            }
            val packed = input.readNBytes(length)
            val gzip = headers.any { it.startsWith("content-encoding:", true) }
            val body = if (gzip) GZIPInputStream(packed.inputStream()).readAllBytes() else packed
            val names = NAME.findAll(String(body, Charsets.ISO_8859_1)).map { it.value }.toList()
            when (val failure = failure(names)) {
                null -> {
                    names.forEach { accepted.merge(it, 1, Int::plus) }
                    connection.answer(200)
                }

                is Failure.Status -> {
                    connection.answer(failure.status)
                }

                Failure.Close -> {
                    return
                }

                Failure.Hang -> {
                    return closed.await()
                }
            }
        }
    }

    private fun refuseEarly(
        connection: Socket,
        input: InputStream,
    ) {
        refusedEarly.incrementAndGet()
        when (early) {
            EarlyRefusal.LINGERING -> {
                connection.answer(413, "Connection: close\r\n")
                connection.shutdownOutput()
                input.copyTo(java.io.OutputStream.nullOutputStream())
            }

            EarlyRefusal.ABRUPT -> {
                connection.answer(413, "Connection: close\r\n")
            }

            EarlyRefusal.SILENT -> {
                connection.setSoLinger(true, 0)
            }
        }
    }

    private fun Socket.answer(
        status: Int,
        headers: String = "",
    ) = getOutputStream().write(
        "HTTP/1.1 $status It\r\nContent-Type: application/json\r\n${headers}Content-Length: 2\r\n\r\n{}".toByteArray(),
    )

    private fun InputStream.line(): String? {
        val line = StringBuilder()
        while (true) {
            val next = read()
            if (next < 0) return null
            if (next == '\n'.code) return line.trimEnd().toString()
            line.append(next.toChar())
        }
    }

    override fun close() {
        closed.countDown()
        socket.close()
        connections.forEach { it.close() }
    }

    private companion object {
        val NAME = Regex("(good|bad)-[0-9]{6}")
    }
}
