package com.langfuse.sdk.ktor

import com.langfuse.sdk.coroutines.observation
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeIn
import io.kotest.matchers.shouldBe
import io.ktor.server.application.ApplicationCall
import io.ktor.server.application.install
import io.ktor.server.response.respond
import io.ktor.server.response.respondBytesWriter
import io.ktor.server.response.respondTextWriter
import io.ktor.server.routing.get
import io.ktor.server.routing.routing
import io.ktor.server.sse.SSE
import io.ktor.server.sse.SSEServerContent
import io.ktor.server.sse.ServerSSESession
import io.ktor.server.websocket.WebSockets
import io.ktor.server.websocket.webSocket
import io.ktor.sse.ServerSentEvent
import io.ktor.utils.io.writeStringUtf8
import io.ktor.websocket.Frame
import io.ktor.websocket.readText
import kotlinx.coroutines.async
import kotlinx.coroutines.delay
import kotlinx.coroutines.yield
import java.net.URI
import java.net.http.WebSocket
import java.time.Instant
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionStage

/** As `sse("/path") { }` does, whose signature is not the same in all versions. */
private suspend fun ApplicationCall.respondEvents(events: suspend ServerSSESession.() -> Unit) =
    respond(SSEServerContent(this, events))

class StreamingTest :
    FunSpec({
        onEachEngine("a streamed answer is inside its call until the last byte") { engine ->
            var lastByte = Instant.MIN
            val observations =
                recorded(engine, 7, { langfuse ->
                    install(LangfuseTracing) { this.langfuse = langfuse }
                    install(SSE)
                    routing {
                        get("/writer") {
                            call.respondTextWriter {
                                observation("first-token") { yield() }
                                write("a")
                                flush()
                                delay(20)
                                observation("last-token") { yield() }
                                write("b")
                                flush()
                                lastByte = Instant.now()
                            }
                        }
                        get("/bytes") {
                            call.respondBytesWriter {
                                writeStringUtf8("a")
                                flush()
                                delay(1)
                                observation("in-bytes") { writeStringUtf8("b") }
                            }
                        }
                        get("/events") {
                            call.respondEvents {
                                send(ServerSentEvent("a"))
                                delay(1)
                                observation("in-events") { send(ServerSentEvent("b")) }
                            }
                        }
                    }
                }) { server ->
                    server.get("/writer").body() shouldBe "ab"
                    server.get("/bytes").body() shouldBe "ab"
                    server.get("/events").body() shouldBe "data: a\r\n\r\ndata: b\r\n\r\n"
                }
            val writer = observations.named("GET /writer")
            observations.childrenOf(writer) shouldBe listOf("first-token", "last-token")
            (writer.endTime!! >= lastByte) shouldBe true
            writer.level shouldBe "DEFAULT"
            observations.childrenOf(observations.named("GET /bytes")) shouldBe listOf("in-bytes")
            observations.childrenOf(observations.named("GET /events")) shouldBe listOf("in-events")
            observations.all {
                it.endTime!! <=
                    observations.single { root -> root.traceId == it.traceId && root.parentId == null }.endTime!!
            } shouldBe
                true
        }

        onEachEngine("a WebSocket session is one call, to its end") { engine ->
            val observations =
                recorded(engine, 3, { langfuse ->
                    install(LangfuseTracing) { this.langfuse = langfuse }
                    install(WebSockets)
                    routing {
                        webSocket("/talk") {
                            repeat(2) { n ->
                                val heard = (incoming.receive() as Frame.Text).readText()
                                async { observation("turn-$n", { input(heard) }) { yield() } }.await()
                                send(Frame.Text(heard.uppercase()))
                            }
                            call.langfuse.output("bye")
                        }
                    }
                }) { server ->
                    val answers = Answers()
                    val socket =
                        HTTP.newWebSocketBuilder().buildAsync(URI("ws://127.0.0.1:${server.port}/talk"), answers).get()
                    socket.sendText("hello", true).get()
                    socket.sendText("you", true).get()
                    answers.closed.get() shouldBe listOf("HELLO", "YOU")
                }
            val root = observations.named("GET /talk")
            observations.childrenOf(root) shouldBe listOf("turn-0", "turn-1")
            root.output shouldBe "bye"
            root.metadata["status"] shouldBe "101"
            root.level shouldBe "DEFAULT"
        }

        for (path in listOf("/writer", "/bytes", "/events")) {
            onEachEngine("a client that hangs up is a warning: $path") { engine ->
                val root =
                    recorded(engine, 1, { langfuse ->
                        install(LangfuseTracing) { this.langfuse = langfuse }
                        routing {
                            get("/writer") {
                                call.respondTextWriter {
                                    while (true) {
                                        write("x".repeat(1000))
                                        flush()
                                        delay(1)
                                    }
                                }
                            }
                            get("/bytes") {
                                call.respondBytesWriter {
                                    while (true) {
                                        writeStringUtf8("x".repeat(1000))
                                        flush()
                                        delay(1)
                                    }
                                }
                            }
                            get("/events") {
                                call.respondEvents {
                                    while (true) {
                                        send(ServerSentEvent("x".repeat(1000)))
                                        delay(1)
                                    }
                                }
                            }
                        }
                    }) { server ->
                        server.socket("GET $path").use {
                            it.getInputStream().read()
                            it.setSoLinger(true, 0) // closed by a reset
                        }
                    }.named("GET $path")
                root.level shouldBe "WARNING"
                root.otelStatus shouldBe "UNSET"
                root.metadata["status"] shouldBe "200"
                root.statusMessage!!.substringBefore(':') shouldBeIn listOf("client disconnected", "call cancelled")
            }
        }
    })

private class Answers : WebSocket.Listener {
    private val texts = mutableListOf<String>()
    val closed = CompletableFuture<List<String>>()

    override fun onText(socket: WebSocket, data: CharSequence, last: Boolean): CompletionStage<*>? {
        texts += data.toString()
        socket.request(1)
        return null
    }

    override fun onClose(socket: WebSocket, status: Int, reason: String): CompletionStage<*>? {
        closed.complete(texts)
        return null
    }

    override fun onError(socket: WebSocket?, error: Throwable) {
        closed.completeExceptionally(error)
    }
}
