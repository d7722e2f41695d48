package com.langfuse.sdk.ktor

import com.langfuse.sdk.coroutines.observation
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeSingleton
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.ktor.http.HttpStatusCode
import io.ktor.server.application.Application
import io.ktor.server.application.ApplicationCallPipeline
import io.ktor.server.application.install
import io.ktor.server.auth.Authentication
import io.ktor.server.auth.UserIdPrincipal
import io.ktor.server.auth.authenticate
import io.ktor.server.auth.basic
import io.ktor.server.auth.principal
import io.ktor.server.request.path
import io.ktor.server.response.respondText
import io.ktor.server.routing.get
import io.ktor.server.routing.routing
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.yield
import java.util.Base64

private fun Application.users() {
    install(Authentication) {
        basic {
            validate { credentials ->
                UserIdPrincipal(credentials.name).takeIf { credentials.password == "secret" }
            }
        }
    }
}

private fun basic(user: String, password: String = "secret") =
    "Basic " + Base64.getEncoder().encodeToString("$user:$password".toByteArray())

class AttributesTest :
    FunSpec({
        onEachEngine("the principal, and what else is known of a call, is on it and on all it records") { engine ->
            val observations =
                recorded(engine, 2, { langfuse ->
                    install(LangfuseTracing) {
                        this.langfuse = langfuse
                        userId { call ->
                            yield()
                            call.principal<UserIdPrincipal>()?.name
                        }
                        sessionId { call -> call.request.headers["X-Session-Id"] }
                        tags { listOf("beta", "web") }
                        metadata { call -> mapOf("topic" to call.parameters["topic"], "retries" to 2) }
                        version { "v7" }
                    }
                    users()
                    routing {
                        authenticate {
                            get("/chat/{topic}") {
                                observation("child") { yield() }
                                call.respondText("ok")
                            }
                        }
                    }
                }) { it.get("/chat/fog", "Authorization", basic("ada"), "X-Session-Id", "s-1") }
            observations.forEach {
                it.userId shouldBe "ada"
                it.sessionId shouldBe "s-1"
                it.tags shouldBe listOf("beta", "web")
                it.version shouldBe "v7"
                it.metadata["topic"] shouldBe "fog"
                it.metadata["retries"] shouldBe "2"
                it.traceName shouldBe "GET /chat/{topic}"
            }
            observations.childrenOf(observations.named("GET /chat/{topic}")) shouldBe listOf("child")
        }

        onEachEngine("routes without authentication have a user, too, and refused ones have none") { engine ->
            val observations =
                recorded(engine, 3, { langfuse ->
                    users()
                    routing {
                        get("/open") {
                            observation("child") { }
                            call.respondText("ok")
                        }
                        authenticate { get("/closed") { call.respondText("no") } }
                    }
                    install(LangfuseTracing) {
                        this.langfuse = langfuse
                        userId { call -> call.principal<UserIdPrincipal>()?.name ?: call.request.headers["X-User"] }
                    }
                }) {
                    it.get("/open", "X-User", "guest")
                    it.get("/closed", "Authorization", basic("ada", "wrong")).statusCode() shouldBe 401
                }
            observations.named("GET /open").userId shouldBe "guest"
            observations.named("child").userId shouldBe "guest"
            val refused = observations.named("GET /closed")
            refused.userId shouldBe null
            refused.level shouldBe "WARNING"
            refused.statusMessage shouldBe "401 Unauthorized"
        }

        onEachEngine("a call that no route takes has a user, too") { engine ->
            val observations =
                recorded(engine, 2, { langfuse ->
                    install(LangfuseTracing) {
                        this.langfuse = langfuse
                        userId { call -> call.request.headers["X-User"] }
                    }
                    intercept(ApplicationCallPipeline.Call) {
                        if (context.request.headers["X-User"] == "u-1") context.respondText("by hand")
                    }
                }) {
                    it.get("/wherever", "X-User", "u-1").body() shouldBe "by hand"
                    it.get("/wherever", "X-User", "u-2").statusCode() shouldBe HttpStatusCode.NotFound.value
                }
            observations.map { it.name to it.userId } shouldBe listOf("GET" to "u-1", "GET" to "u-2")
        }

        onEachEngine("a call that fails before its handler has a user, too") { engine ->
            val observations =
                recorded(engine, 3, { langfuse ->
                    install(LangfuseTracing) {
                        this.langfuse = langfuse
                        userId { call ->
                            yield()
                            call.request.headers["X-User"] ?: error("nobody")
                        }
                        sessionId { "s-1" }
                        tags { listOf("beta") }
                    }
                    intercept(ApplicationCallPipeline.Plugins) {
                        if (context.request.path() == "/broken") throw NoSuchElementException("no key")
                    }
                    routing { get("/chat/{topic}") { call.respondText("ok") } }
                }) { server ->
                    server.get("/broken", "X-User", "u-1").statusCode() shouldBe 500
                    server.get("/broken").statusCode() shouldBe 500
                    server.socket("GET /chat/%zz").use { it.getInputStream().read() }
                }
            observations.forEach {
                it.sessionId shouldBe "s-1"
                it.tags shouldBe listOf("beta")
            }
            observations.map { Triple(it.userId, it.level, it.statusMessage) } shouldBe
                listOf(
                    Triple("u-1", "ERROR", "no key"),
                    Triple(null, "ERROR", "no key"),
                    Triple(null, "WARNING", "400 Bad Request"),
                )
        }

        onEachEngine("a lambda that takes too long by its own clock costs its value, too") { engine ->
            val messages =
                warnings {
                    val observations =
                        recorded(engine, 2, { langfuse ->
                            install(LangfuseTracing) {
                                this.langfuse = langfuse
                                userId { withTimeout(1) { awaitCancellation() } }
                                sessionId { "s-1" }
                            }
                            routing { get("/ask") { call.respondText("ok") } }
                        }) { server -> repeat(2) { server.get("/ask").body() shouldBe "ok" } }
                    observations.map { Triple(it.userId, it.sessionId, it.level) } shouldBe
                        List(2) { Triple(null, "s-1", "DEFAULT") }
                }
            messages.shouldBeSingleton { it shouldContain "userId { } threw" }
        }

        onEachEngine("a lambda that throws costs its value and one warning") { engine ->
            val messages =
                warnings {
                    val observations =
                        recorded(engine, 3, { langfuse ->
                            install(LangfuseTracing) {
                                this.langfuse = langfuse
                                userId { error("no database") }
                                sessionId { "s-1" }
                            }
                            routing { get("/ask") { call.respondText("ok") } }
                        }) { server -> repeat(3) { server.get("/ask").body() shouldBe "ok" } }
                    observations.forEach {
                        it.userId shouldBe null
                        it.sessionId shouldBe "s-1"
                        it.level shouldBe "DEFAULT"
                    }
                }
            messages.shouldBeSingleton {
                it shouldContain
                    "userId { } threw java.lang.IllegalStateException: no database"
            }
        }
    })
