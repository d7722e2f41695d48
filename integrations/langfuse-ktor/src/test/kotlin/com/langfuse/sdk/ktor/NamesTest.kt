package com.langfuse.sdk.ktor

import com.langfuse.sdk.coroutines.observation
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.ktor.http.ContentType
import io.ktor.server.application.install
import io.ktor.server.response.respondText
import io.ktor.server.routing.IgnoreTrailingSlash
import io.ktor.server.routing.accept
import io.ktor.server.routing.get
import io.ktor.server.routing.header
import io.ktor.server.routing.host
import io.ktor.server.routing.param
import io.ktor.server.routing.post
import io.ktor.server.routing.route
import io.ktor.server.routing.routing

class NamesTest :
    FunSpec({
        onEachEngine("a call is named by its method and its route as it was written") { engine ->
            val observations =
                recorded(engine, 13, { langfuse ->
                    install(LangfuseTracing) { this.langfuse = langfuse }
                    routing {
                        get("/") { call.respondText("ok") }
                        get("/files/{path...}") { call.respondText("ok") }
                        get("/any/*/thing") { call.respondText("ok") }
                        route("/chat") {
                            route("{id}/messages") {
                                header("X-Kind", "a") { get { call.respondText("ok") } }
                                accept(ContentType.Text.Plain) { post { call.respondText("ok") } }
                            }
                            param("q") { get("{lang?}") { call.respondText("ok") } }
                        }
                        get("/(paren)") { call.respondText("ok") }
                        host("127.0.0.1") { get("/[br]/x") { call.respondText("ok") } }
                        get(Regex("/re/(?<id>\\d+)")) { call.respondText("ok") }
                        route("/v1") { get(Regex("""\d+""")) { call.respondText("ok") } }
                        get("/slash/") {
                            observation("child") { }
                            call.respondText("ok")
                        }
                    }
                }) {
                    it.get("/").statusCode() shouldBe 200
                    it.get("/files/a/b?secret=1").statusCode() shouldBe 200
                    it.get("/any/old/thing").statusCode() shouldBe 200
                    it.get("/chat/7/messages", "X-Kind", "a").statusCode() shouldBe 200
                    it.send("POST", "/chat/7/messages").statusCode() shouldBe 200
                    it.get("/chat/de?q=x").statusCode() shouldBe 200
                    it.get("/(paren)").statusCode() shouldBe 200
                    it.get("/%5Bbr%5D/x").statusCode() shouldBe 200
                    it.get("/re/7").statusCode() shouldBe 200
                    it.get("/v1/7").statusCode() shouldBe 200
                    it.get("/slash/").statusCode() shouldBe 200
                    it.get("/no/such/thing").statusCode() shouldBe 404
                }
            observations.map { it.name } shouldBe
                listOf(
                    "GET /",
                    "GET /files/{...}",
                    "GET /any/*/thing",
                    "GET /chat/{id}/messages",
                    "POST /chat/{id}/messages",
                    "GET /chat/{lang?}",
                    "GET /(paren)",
                    "GET /[br]/x",
                    """GET /re/(?<id>\d+)""",
                    """GET /v1/\d+""",
                    "GET /slash/",
                    "child",
                    "GET",
                )
            observations.named("GET /files/{...}").metadata shouldBe
                mapOf("method" to "GET", "path" to "/files/a/b", "route" to "/files/{...}", "status" to "200")
            observations.filter { it.name != "GET" }.forEach { observation ->
                val root = observations.single { it.id == (observation.parentId ?: observation.id) }
                observation.traceName shouldBe root.name
            }
            val unmatched = observations.named("GET")
            unmatched.level shouldBe "WARNING"
            unmatched.statusMessage shouldBe "404 Not Found"
            unmatched.metadata shouldBe mapOf("method" to "GET", "path" to "/no/such/thing", "status" to "404")
        }

        onEachEngine("until there is a route, path and method have to do, and a name of yours stays") { engine ->
            val early = mutableListOf<String>()
            val observations =
                recorded(engine, 2, { langfuse ->
                    install(LangfuseTracing) {
                        this.langfuse = langfuse
                        type = com.langfuse.sdk.ObservationType.CHAIN
                    }
                    install(IgnoreTrailingSlash)
                    intercept(io.ktor.server.application.ApplicationCallPipeline.Plugins) {
                        observation("early") { early += context.langfuse.traceId()!! }
                    }
                    routing {
                        get("/ask") {
                            call.langfuse.name("my name")
                            call.respondText("ok")
                        }
                    }
                }) { it.get("/ask/") }
            observations.named("early").traceId shouldBe early.single()
            observations.named("my name").type shouldBe "CHAIN"
        }
    })
