package com.langfuse.sdk.ktor

import com.langfuse.sdk.ObservationType.TOOL
import com.langfuse.sdk.coroutines.asContextElement
import com.langfuse.sdk.coroutines.makeCurrent
import com.langfuse.sdk.coroutines.observation
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.local.LocalObservation
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.ktor.server.application.Application
import io.ktor.server.application.ApplicationCall
import io.ktor.server.application.install
import io.ktor.server.response.respondText
import io.ktor.server.routing.get
import io.ktor.server.routing.routing
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.DelicateCoroutinesApi
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.GlobalScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.future.await
import kotlinx.coroutines.future.future
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import java.util.concurrent.ConcurrentLinkedQueue
import kotlin.concurrent.thread

/** What a handler leaves running has the call's user and session, by whatever way it was handed the observation. */
@OptIn(DelicateCoroutinesApi::class)
class BackgroundWorkTest :
    FunSpec({
        fun LangfuseTracingConfig.identified() {
            userId { call -> call.request.headers["X-User"] }
            sessionId { call -> call.request.headers["X-Session"] }
            tags { listOf("web") }
            metadata { mapOf("plan" to "pro") }
            version { "v7" }
        }

        /** Each starts an observation of that name, once it may. */
        val ways: Map<String, (ApplicationCall, String, CompletableDeferred<Unit>) -> Job> =
            mapOf(
                "an application's coroutine" to { call, name, go ->
                    call.application.launch(call.langfuse.asContextElement()) {
                        go.await()
                        observation(name) { }
                    }
                },
                "a scope of one's own" to { call, name, go ->
                    CoroutineScope(Dispatchers.Default).launch(call.langfuse.asContextElement()) {
                        go.await()
                        observation(name, TOOL) { launch { observation("below $name") { } } }
                    }
                },
                "GlobalScope" to { call, name, go ->
                    GlobalScope.launch(Dispatchers.IO + call.langfuse.asContextElement()) {
                        go.await()
                        observation(name) { }
                    }
                },
                "a child of the handle" to { call, name, go ->
                    val handle = call.langfuse
                    GlobalScope.launch {
                        go.await()
                        handle.observation(name) { }
                    }
                },
                "makeCurrent" to { call, name, go ->
                    val handle = call.langfuse
                    GlobalScope.launch {
                        go.await()
                        handle.makeCurrent { observation(name) { } }
                    }
                },
                "a future" to { call, name, go ->
                    val element = call.langfuse.asContextElement()
                    GlobalScope.launch {
                        go.await()
                        CoroutineScope(Dispatchers.Default).future(element) { observation(name) { } }.await()
                    }
                },
                "a thread" to { call, name, go ->
                    val task = call.langfuse.context().wrap(Runnable { runBlocking { observation(name) { } } })
                    GlobalScope.launch(Dispatchers.IO) {
                        go.await()
                        thread { task.run() }.join()
                    }
                },
            )

        fun Application.leavingWork(jobs: MutableCollection<Job>, go: CompletableDeferred<Unit>) {
            routing {
                get("/work") {
                    val user = call.request.headers["X-User"]
                    ways.forEach { (way, start) -> jobs += start(call, "$user: $way", go) }
                    call.respondText("ok")
                }
            }
        }

        fun List<LocalObservation>.areOfTheirCalls() {
            val roots = filter { it.name == "GET /work" }.associateBy { it.userId }
            filter { it.name != "GET /work" }.forEach {
                withClue(it.name) {
                    val user = it.name.removePrefix("below ").substringBefore(':')
                    val root = roots.getValue(user)
                    it.traceId shouldBe root.traceId
                    if (!it.name.startsWith("below")) it.parentId shouldBe root.id
                    it.userId shouldBe user
                    it.sessionId shouldBe "s of $user"
                    it.tags shouldBe listOf("web")
                    it.version shouldBe "v7"
                    it.traceName shouldBe "GET /work"
                    it.metadata["plan"] shouldBe "pro"
                }
            }
        }

        for (inRoutes in listOf(false, true)) {
            val where = if (inRoutes) "routes" else "the application"
            onEachEngine(
                "work that outlives its call keeps the call's user and session, installed in $where",
            ) { engine ->
                val jobs = ConcurrentLinkedQueue<Job>()
                val go = CompletableDeferred<Unit>()
                val users = 3
                val observations =
                    recorded(engine, users * (1 + ways.size + 1), { langfuse ->
                        val configure: LangfuseTracingConfig.() -> Unit = {
                            this.langfuse = langfuse
                            identified()
                        }
                        if (inRoutes) {
                            routing {
                                install(LangfuseTracing, configure)
                            }
                        } else {
                            install(LangfuseTracing, configure)
                        }
                        leavingWork(jobs, go)
                    }) { server ->
                        repeat(users) { server.get("/work", "X-User", "u-$it", "X-Session", "s of u-$it") }
                        // All calls have been answered, and are over.
                        go.complete(Unit)
                        jobs.joinAll()
                    }
                observations.areOfTheirCalls()
            }
        }

        onEachEngine("coroutines of call.launch have the call's user and session, too") { engine ->
            val observations =
                recorded(engine, 2, { langfuse ->
                    install(LangfuseTracing) {
                        this.langfuse = langfuse
                        identified()
                    }
                    routing {
                        get("/work") {
                            call.launch { observation("u-1: launched") { } }.join()
                            call.respondText("ok")
                        }
                    }
                }) { it.get("/work", "X-User", "u-1", "X-Session", "s of u-1") }
            observations.areOfTheirCalls()
        }

        onEachEngine("a call without a user leaves work without one") { engine ->
            val jobs = ConcurrentLinkedQueue<Job>()
            val go = CompletableDeferred(Unit)
            val observations =
                LocalLangfuse.start().use { local ->
                    local.client().use { langfuse ->
                        serving(engine, {
                            install(LangfuseTracing) { this.langfuse = langfuse }
                            leavingWork(jobs, go)
                        }) {
                            it.get("/work")
                            jobs.joinAll()
                        }
                        langfuse.flush(DEADLINE).isComplete shouldBe true
                    }
                    local.observations()
                }
            observations.map { it.userId to it.sessionId }.toSet() shouldBe setOf(null to null)
        }
    })
