package com.langfuse.sdk.ktor

import com.langfuse.sdk.ObservationType.AGENT
import com.langfuse.sdk.coroutines.observation
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.ktor.http.HttpStatusCode
import io.ktor.server.application.install
import io.ktor.server.auth.Authentication
import io.ktor.server.auth.UserIdPrincipal
import io.ktor.server.auth.authenticate
import io.ktor.server.auth.basic
import io.ktor.server.auth.principal
import io.ktor.server.plugins.statuspages.StatusPages
import io.ktor.server.response.respond
import io.ktor.server.response.respondText
import io.ktor.server.response.respondTextWriter
import io.ktor.server.routing.get
import io.ktor.server.routing.route
import io.ktor.server.routing.routing
import io.ktor.server.websocket.WebSockets
import io.ktor.server.websocket.webSocket
import io.ktor.websocket.close
import io.opentelemetry.api.trace.SpanId
import kotlinx.coroutines.delay
import java.net.URI
import java.net.http.WebSocket
import java.util.Base64
import java.util.concurrent.CompletableFuture

class RouteScopedTest :
    FunSpec({
        onEachEngine("installed in a route, it traces this route only") { engine ->
            val observations =
                recorded(engine, 8, { langfuse ->
                    install(WebSockets)
                    install(Authentication) { basic { validate { UserIdPrincipal(it.name) } } }
                    routing {
                        get("/other") { call.respondText(call.langfuse.id()) }
                        route("/chat") {
                            install(LangfuseTracing) {
                                this.langfuse = langfuse
                                userId { call -> call.principal<UserIdPrincipal>()?.name }
                            }
                            authenticate {
                                get("{id}") {
                                    observation("child") { delay(1) }
                                    call.respondTextWriter {
                                        flush()
                                        observation("in-writer") { write("ok") }
                                    }
                                }
                            }
                            get("broken") { throw RuntimeException("oops") }
                            get("teapot") { throw NoSuchElementException() }
                            route("agent") {
                                install(LangfuseTracing) {
                                    this.langfuse = langfuse
                                    type = AGENT
                                }
                                get { call.respondText("ok") }
                            }
                        }
                        route("/talk") {
                            install(LangfuseTracing) { this.langfuse = langfuse }
                            webSocket {
                                observation("turn") { delay(1) }
                                close()
                            }
                        }
                    }
                    install(StatusPages) {
                        exception<NoSuchElementException> {
                            call,
                            _,
                            ->
                            call.respond(HttpStatusCode(418, "I'm a teapot"))
                        }
                    }
                }) { server ->
                    val ada = "Basic " + Base64.getEncoder().encodeToString("ada:x".toByteArray())
                    server.get("/other").body() shouldBe SpanId.getInvalid()
                    server.get("/chat/7", "Authorization", ada).body() shouldBe "ok"
                    server.get("/chat/broken").statusCode() shouldBe 500
                    server.get("/chat/teapot").statusCode() shouldBe 418
                    server.get("/chat/agent").body() shouldBe "ok"
                    server.get("/nowhere").statusCode() shouldBe 404
                    val closed = CompletableFuture<Int>()
                    HTTP
                        .newWebSocketBuilder()
                        .buildAsync(
                            URI("ws://127.0.0.1:${server.port}/talk"),
                            object : WebSocket.Listener {
                                override fun onClose(socket: WebSocket, status: Int, reason: String) =
                                    null.also { closed.complete(status) }
                            },
                        ).get()
                    closed.get()
                }
            val chat = observations.named("GET /chat/{id}")
            observations.childrenOf(chat) shouldBe listOf("child", "in-writer")
            observations.filter { it.traceId == chat.traceId }.map { it.userId } shouldBe List(3) { "ada" }
            chat.metadata["status"] shouldBe "200"
            val broken = observations.named("GET /chat/broken")
            broken.level shouldBe "ERROR"
            broken.statusMessage shouldBe "oops"
            val teapot = observations.named("GET /chat/teapot")
            teapot.level shouldBe "WARNING"
            teapot.statusMessage shouldBe "418 I'm a teapot"
            observations.named("GET /chat/agent").type shouldBe "AGENT"
            observations.childrenOf(observations.named("GET /talk")) shouldBe listOf("turn")
        }
    })
