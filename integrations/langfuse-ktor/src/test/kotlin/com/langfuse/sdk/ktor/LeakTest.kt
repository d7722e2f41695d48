package com.langfuse.sdk.ktor

import com.langfuse.sdk.Observation
import com.langfuse.sdk.coroutines.observation
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.ktor.server.application.ApplicationCallPipeline
import io.ktor.server.application.install
import io.ktor.server.request.receiveText
import io.ktor.server.response.respondText
import io.ktor.server.response.respondTextWriter
import io.ktor.server.routing.get
import io.ktor.server.routing.post
import io.ktor.server.routing.routing
import io.opentelemetry.context.Context
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.withContext
import kotlinx.coroutines.yield
import java.util.concurrent.atomic.AtomicInteger

private const val CLIENTS = 40
private const val REQUESTS = 104

class LeakTest :
    FunSpec({
        onEachEngine("under mixed load no call sees another's observation") { engine ->
            val wrong = AtomicInteger()

            fun expect(right: Boolean) {
                if (!right) wrong.incrementAndGet()
            }

            fun isClean() = Context.current() == Context.root() && Observation.current().id() == null
            val traced = CLIENTS * REQUESTS / 2
            val observations =
                recorded(engine, 2 * traced, { langfuse ->
                    install(LangfuseTracing) {
                        this.langfuse = langfuse
                        filter { call -> call.request.headers["X-Traced"] != null }
                        userId { call ->
                            yield()
                            call.request.headers["X-Traced"]
                        }
                    }
                    intercept(ApplicationCallPipeline.Monitoring) {
                        if (context.request.headers["X-Traced"] == null) expect(isClean())
                    }
                    routing {
                        post("/work") {
                            val id = call.request.headers["X-Traced"]
                            val mine = call.langfuse.id()
                            val isMine = { if (id == null) isClean() else Observation.current().id() == mine }
                            expect(isMine() && (mine == null) == (id == null))
                            call.receiveText()
                            expect(isMine())
                            withContext(Dispatchers.IO) {
                                delay(1)
                                expect(isMine())
                            }
                            expect(isMine())
                            if (id != null) {
                                coroutineScope {
                                    async { langfuse.observation("child-$id", { input(mine) }) { yield() } }
                                }
                            }
                            call.respondTextWriter {
                                write("a")
                                flush()
                                expect(isMine())
                                write("b")
                            }
                            expect(isMine())
                        }
                        get("/plain") {
                            expect(isClean())
                            delay(1)
                            expect(isClean())
                            call.respondText("ok")
                            expect(isClean())
                        }
                    }
                }) { server ->
                    coroutineScope {
                        List(CLIENTS) { client ->
                            async(Dispatchers.IO) {
                                repeat(REQUESTS) { n ->
                                    if (n % 2 == 0) {
                                        server.send(
                                            "POST",
                                            "/work",
                                            "X-Traced",
                                            "$client-$n",
                                            body = "x",
                                        ).body() shouldBe
                                            "ab"
                                    } else if (n % 4 == 1) {
                                        server.send("POST", "/work", body = "y").body() shouldBe "ab"
                                    } else {
                                        server.get("/plain").body() shouldBe "ok"
                                    }
                                }
                            }
                        }.awaitAll()
                    }
                }
            println("$engine: ${CLIENTS * REQUESTS} calls, ${wrong.get()} wrong reads")
            wrong.get() shouldBe 0
            val (children, roots) = observations.partition { it.name.startsWith("child-") }
            roots shouldHaveSize traced
            children.count { it.parentId != it.input || it.name != "child-${it.userId}" } shouldBe 0
        }
    })
