package com.langfuse.sdk.ktor

import com.langfuse.sdk.Observation
import com.langfuse.sdk.coroutines.observation
import io.ktor.server.application.Application
import io.ktor.server.application.ApplicationCall
import io.ktor.server.request.receiveText
import io.ktor.server.response.respondBytesWriter
import io.ktor.server.response.respondText
import io.ktor.server.response.respondTextWriter
import io.ktor.server.routing.get
import io.ktor.server.routing.post
import io.ktor.server.routing.routing
import io.ktor.util.pipeline.PipelinePhase
import io.ktor.utils.io.writeStringUtf8
import io.opentelemetry.context.Context
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.withContext
import kotlinx.coroutines.yield
import java.io.BufferedInputStream
import java.net.InetAddress
import java.net.Socket
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread

private const val CLIENTS = 10
private const val REQUESTS = 60
internal const val TRACED_CALLS = CLIENTS * REQUESTS / 2

/** What was seen on threads that ought to be clean. */
internal class Leaks {
    val begins = AtomicInteger()
    val dirtyBegins = AtomicInteger()
    val wrongReads = AtomicInteger()

    override fun toString() = "$begins calls, $dirtyBegins began dirty, $wrongReads wrong reads"
}

/** Half of the calls are to be traced, and say who they are. */
internal val ApplicationCall.traced: String? get() = request.headers["X-Traced"]

/** To be called after the plugin in question is installed, so that what looks at each call's begin is outside of it. */
internal fun Application.watching(leaks: Leaks) {
    fun isClean() = Context.current() == Context.root()

    suspend fun ApplicationCall.look() {
        val id = traced
        if (id == null) {
            if (!isClean()) leaks.wrongReads.incrementAndGet()
        } else {
            val mine = langfuse.id()
            if (Observation.current().id() != mine) leaks.wrongReads.incrementAndGet()
        }
    }

    suspend fun ApplicationCall.record() {
        val id = traced ?: return
        observation("child-$id", { input(langfuse.id()) }) { yield() }
    }

    val outermost = PipelinePhase("Watching")
    insertPhaseBefore(items.first(), outermost)
    intercept(outermost) {
        leaks.begins.incrementAndGet()
        if (!isClean()) leaks.dirtyBegins.incrementAndGet()
        proceed()
    }
    routing {
        post("/work") {
            call.look()
            call.receiveText()
            call.look()
            delay(1)
            call.look()
            withContext(Dispatchers.IO) { delay(1) }
            call.record()
            call.look()
            call.respondTextWriter {
                write("a")
                flush()
                delay(1)
                call.look()
                write("b")
            }
            call.look()
        }
        get("/plain") {
            call.look()
            delay(1)
            call.record()
            call.look()
            call.respondText("ok")
            call.look()
        }
        get("/bytes") {
            call.respondBytesWriter {
                writeStringUtf8("a")
                flush()
                delay(1)
                call.record()
                call.look()
            }
            call.look()
        }
    }
}

/** Keeps connections alive, with traced and other calls in turns, and bodies in two packets; now and then a new one. */
internal fun load(port: Int) {
    val failures = AtomicInteger()
    List(CLIENTS) { client ->
        thread {
            try {
                var connection = Connection(port)
                repeat(REQUESTS) { n ->
                    val header = if (n % 2 == 0) "X-Traced: $client-$n\r\n" else ""
                    when (n / 2 % 3) {
                        0 -> connection.exchange("POST /work", "${header}Content-Length: 2\r\n", "x", "y")
                        1 -> connection.exchange("GET /plain", header)
                        else -> connection.exchange("GET /bytes", header)
                    }
                    if (n % 37 == 36) {
                        connection.close()
                        connection = Connection(port)
                    }
                }
                connection.close()
            } catch (e: Exception) {
                failures.incrementAndGet()
            }
        }
    }.forEach { it.join() }
    check(failures.get() == 0) { "${failures.get()} clients failed" }
}

private class Connection(port: Int) : AutoCloseable {
    private val socket =
        Socket(InetAddress.getLoopbackAddress(), port).apply {
            tcpNoDelay = true
            soTimeout = DEADLINE.toMillis().toInt()
        }
    private val input = BufferedInputStream(socket.getInputStream())

    fun exchange(request: String, headers: String, vararg body: String) {
        send("$request HTTP/1.1\r\nHost: localhost\r\n$headers\r\n")
        body.forEach(::send)
        val head = generateSequence { line() }.takeWhile { it.isNotEmpty() }.map { it.lowercase() }.toList()
        if ("transfer-encoding: chunked" in head) {
            do {
                val size = line().toInt(16)
                input.readNBytes(size)
                line()
            } while (size > 0)
        } else {
            input.readNBytes(head.first { it.startsWith("content-length:") }.substringAfter(":").trim().toInt())
        }
    }

    private fun send(text: String) {
        socket.getOutputStream().write(text.toByteArray())
        socket.getOutputStream().flush()
    }

    private fun line(): String =
        generateSequence { input.read().also { check(it >= 0) { "closed by the server" } }.toChar() }
            .takeWhile { it != '\n' }
            .joinToString("")
            .trimEnd('\r')

    override fun close() = socket.close()
}
