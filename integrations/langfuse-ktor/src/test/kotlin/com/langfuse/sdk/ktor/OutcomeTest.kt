package com.langfuse.sdk.ktor

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.ktor.http.HttpStatusCode
import io.ktor.server.application.Application
import io.ktor.server.application.install
import io.ktor.server.plugins.BadRequestException
import io.ktor.server.plugins.statuspages.StatusPages
import io.ktor.server.response.respond
import io.ktor.server.response.respondText
import io.ktor.server.response.respondTextWriter
import io.ktor.server.routing.get
import io.ktor.server.routing.routing
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancel
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.yield

private class Teapot : RuntimeException("short and stout")

private fun Application.pages() {
    install(StatusPages) {
        exception<Teapot> { call, _ -> call.respond(HttpStatusCode(418, "I'm a teapot")) }
        exception<IllegalStateException> { call, _ -> call.respondText("sorry", status = HttpStatusCode.BadGateway) }
    }
}

class OutcomeTest :
    FunSpec({
        for (pagesFirst in listOf(true, false)) {
            onEachEngine("what StatusPages answers is what counts, installed first: $pagesFirst") { engine ->
                val observations =
                    recorded(engine, 2, { langfuse ->
                        if (pagesFirst) pages()
                        install(LangfuseTracing) { this.langfuse = langfuse }
                        if (!pagesFirst) pages()
                        routing {
                            get("/teapot") { throw Teapot() }
                            get("/gateway") { error("the model is down") }
                        }
                    }) {
                        it.get("/teapot").statusCode() shouldBe 418
                        it.get("/gateway").statusCode() shouldBe 502
                    }
                val teapot = observations.named("GET /teapot")
                teapot.level shouldBe "WARNING"
                teapot.statusMessage shouldBe "418 I'm a teapot"
                teapot.otelStatus shouldBe "UNSET"
                teapot.metadata["status"] shouldBe "418"
                val gateway = observations.named("GET /gateway")
                gateway.level shouldBe "ERROR"
                gateway.statusMessage shouldBe "the model is down"
                gateway.events.single().name shouldBe "exception"
                gateway.metadata["status"] shouldBe "502"
            }
        }

        onEachEngine("what nobody handles is an error, unless the engine makes a refusal of it") { engine ->
            val observations =
                recorded(engine, 5, { langfuse ->
                    install(LangfuseTracing) { this.langfuse = langfuse }
                    routing {
                        get("/broken") { throw Teapot() }
                        get("/bad") { throw BadRequestException("no topic") }
                        get("/slow") { withTimeout(1) { awaitCancellation() } }
                        get("/said") { call.respond(HttpStatusCode.ServiceUnavailable) }
                        get("/half") {
                            call.respondTextWriter {
                                write("half of ")
                                flush()
                                throw Teapot()
                            }
                        }
                    }
                }) { server ->
                    server.get("/broken").statusCode() shouldBe 500
                    server.get("/bad").statusCode() shouldBe 400
                    server.get("/slow").statusCode() shouldBe 504
                    server.get("/said").statusCode() shouldBe 503
                    runCatching { server.get("/half") }
                }
            val broken = observations.named("GET /broken")
            broken.level shouldBe "ERROR"
            broken.statusMessage shouldBe "short and stout"
            broken.otelStatus shouldBe "ERROR"
            broken.events.single().attributes["exception.type"] shouldBe Teapot::class.java.name
            broken.metadata["status"] shouldBe "500"
            val bad = observations.named("GET /bad")
            bad.level shouldBe "WARNING"
            bad.statusMessage shouldBe "400 Bad Request"
            val slow = observations.named("GET /slow")
            slow.level shouldBe "ERROR"
            slow.metadata["status"] shouldBe "504"
            val said = observations.named("GET /said")
            said.level shouldBe "ERROR"
            said.statusMessage shouldBe "503 Service Unavailable"
            val half = observations.named("GET /half")
            half.level shouldBe "ERROR"
            half.statusMessage shouldBe "short and stout"
            half.metadata["status"] shouldBe "200"
        }

        onEachEngine(
            "a call that is cancelled after its last byte has gone well, one cancelled before has not",
        ) { engine ->
            val observations =
                recorded(engine, 2, { langfuse ->
                    install(LangfuseTracing) { this.langfuse = langfuse }
                    routing {
                        get("/after") {
                            call.respondText("all of it")
                            currentCoroutineContext().cancel()
                            yield()
                        }
                        get("/before") {
                            currentCoroutineContext().cancel()
                            yield()
                        }
                    }
                }) { server ->
                    server.get("/after").body() shouldBe "all of it"
                    runCatching { server.get("/before") }
                }
            observations.named("GET /after").level shouldBe "DEFAULT"
            observations.named("GET /after").metadata["status"] shouldBe "200"
            observations.named("GET /before").level shouldBe "WARNING"
        }
    })
