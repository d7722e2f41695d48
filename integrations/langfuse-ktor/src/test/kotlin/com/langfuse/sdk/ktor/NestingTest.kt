package com.langfuse.sdk.ktor

import com.langfuse.sdk.Observation
import com.langfuse.sdk.ObservationType.AGENT
import com.langfuse.sdk.ObservationType.TOOL
import com.langfuse.sdk.coroutines.observation
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.ktor.http.HttpMethod
import io.ktor.server.application.install
import io.ktor.server.request.receiveText
import io.ktor.server.response.respondText
import io.ktor.server.routing.get
import io.ktor.server.routing.post
import io.ktor.server.routing.routing
import io.opentelemetry.context.Context
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.yield

class NestingTest :
    FunSpec({
        test("the tests run on the Ktor they say they run on") {
            val jar =
                HttpMethod::class.java.protectionDomain.codeSource.location
                    .path
            println("Ktor: ${jar.substringAfterLast('/')}")
            jar.contains("-${System.getProperty("ktor.version")}.jar") shouldBe true
        }

        onEachEngine("whatever a handler does is below its call") { engine ->
            val observations =
                recorded(engine, 9, { langfuse ->
                    install(LangfuseTracing) { this.langfuse = langfuse }
                    routing {
                        post("/chat") {
                            observation("first") { }
                            yield()
                            observation("after-suspension") { }
                            withContext(Dispatchers.IO) { observation("on-io") { } }
                            call.receiveText() shouldBe "hello"
                            observation("after-receive") { }
                            coroutineScope {
                                List(2) {
                                    async(Dispatchers.Default) { observation("async", TOOL) { yield() } }
                                }.awaitAll()
                            }
                            call.launch { observation("launched-by-call") { } }.join()
                            call.respondText("bye")
                            observation("after-respond") { }
                        }
                    }
                }) { server ->
                    server.send("POST", "/chat", body = "hello").body() shouldBe "bye"
                }
            val root = observations.named("POST /chat")
            root.parentId shouldBe null
            root.isAppRoot shouldBe true
            root.type shouldBe "SPAN"
            root.metadata shouldBe mapOf("method" to "POST", "path" to "/chat", "route" to "/chat", "status" to "200")
            observations.childrenOf(root) shouldBe
                listOf(
                    "after-receive",
                    "after-respond",
                    "after-suspension",
                    "async",
                    "async",
                    "first",
                    "launched-by-call",
                    "on-io",
                )
            observations.all { it.traceId == root.traceId && it.endTime!! <= root.endTime!! } shouldBe true
        }

        onEachEngine("a call's observation is at hand for its input and output, also from within another") { engine ->
            val root =
                recorded(engine, 2, { langfuse ->
                    install(LangfuseTracing) {
                        this.langfuse = langfuse
                        type = AGENT
                    }
                    routing {
                        get("/ask") {
                            observation("inner") {
                                call.langfuse.input(mapOf("q" to "why")).metadata("plan", "pro")
                            }
                            Observation.current().id() shouldBe call.langfuse.id()
                            call.langfuse.output("because")
                            call.respondText("ok")
                        }
                    }
                }) { it.get("/ask") }
                    .named("GET /ask")
            root.type shouldBe "AGENT"
            root.input shouldBe """{"q":"why"}"""
            root.output shouldBe "because"
            root.metadata["plan"] shouldBe "pro"
        }

        onEachEngine("nothing of a call is current behind it") { engine ->
            val seen = CompletableDeferred<Context>()
            recorded(engine, 1, { langfuse ->
                install(LangfuseTracing) { this.langfuse = langfuse }
                val application = this
                routing {
                    get("/start") {
                        application.launch {
                            delay(1)
                            seen.complete(Context.current())
                        }
                        call.respondText("ok")
                    }
                }
            }) {
                it.get("/start")
                seen.await() shouldBe Context.root()
            }
        }
    })
