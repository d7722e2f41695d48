package com.langfuse.sdk.ktor

import com.langfuse.sdk.coroutines.observation
import com.langfuse.sdk.coroutines.propagateAttributes
import com.langfuse.sdk.ktor.client.LangfusePropagation
import com.langfuse.sdk.ktor.client.langfuseContext
import com.langfuse.sdk.local.LocalLangfuse
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeSingleton
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.ktor.client.HttpClient
import io.ktor.client.plugins.sse.SSE
import io.ktor.client.plugins.sse.serverSentEventsSession
import io.ktor.client.request.get
import io.ktor.client.request.header
import io.ktor.client.request.url
import io.ktor.client.statement.bodyAsText
import io.ktor.http.ContentType
import io.ktor.server.application.Application
import io.ktor.server.application.ApplicationCallPipeline
import io.ktor.server.application.install
import io.ktor.server.response.respondRedirect
import io.ktor.server.response.respondText
import io.ktor.server.routing.get
import io.ktor.server.routing.routing
import io.ktor.util.pipeline.PipelinePhase
import io.opentelemetry.api.trace.Span
import io.opentelemetry.api.trace.SpanContext
import io.opentelemetry.api.trace.TraceFlags
import io.opentelemetry.api.trace.TraceState
import io.opentelemetry.context.Context
import io.opentelemetry.extension.kotlin.asContextElement
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import java.util.concurrent.ConcurrentLinkedQueue
import com.langfuse.sdk.coroutines.asContextElement as langfuseElement

private const val TRACE = "0af7651916cd43dd8448eb211c80319c"
private const val SPAN = "b7ad6b7169203331"
private const val TRACEPARENT = "00-$TRACE-$SPAN-01"
private const val BAGGAGE = "langfuse_user_id=ada,langfuse_session_id=s-1"

class PropagationTest :
    FunSpec({
        fun Application.asking(configure: LangfuseTracingConfig.() -> Unit) {
            install(LangfuseTracing, configure)
            routing {
                get("/ask") {
                    observation("child") { }
                    call.respondText("ok")
                }
            }
        }

        fun Application.telling(seen: MutableList<String?>, elsewhere: String = "") {
            intercept(ApplicationCallPipeline.Monitoring) {
                val parent = context.request.headers["traceparent"]?.substringBeforeLast('-')
                val baggage = "baggage".takeIf { it in context.request.headers }
                seen += listOfNotNull(parent, baggage).joinToString(" with ").ifEmpty { null }
            }
            routing {
                get("/") { call.respondText("ok") }
                get("/elsewhere") { call.respondRedirect(elsewhere) }
                get("/here") { call.respondRedirect("/") }
            }
        }

        onEachEngine("a call goes on with the caller's trace, without its baggage") { engine ->
            val observations =
                recorded(engine, 2, { langfuse -> asking { this.langfuse = langfuse } }) {
                    it.get("/ask", "traceparent", TRACEPARENT, "baggage", BAGGAGE)
                }
            val root = observations.named("GET /ask")
            root.traceId shouldBe TRACE
            root.parentId shouldBe SPAN
            root.isAppRoot shouldBe true
            observations.childrenOf(root) shouldBe listOf("child")
            observations.map { it.userId } shouldBe listOf(null, null)
            // It is the caller who names the trace.
            observations.map { it.traceName } shouldBe listOf(null, null)
        }

        onEachEngine("baggage is believed where that is said, in several headers as well") { engine ->
            val observations =
                recorded(engine, 2, { langfuse ->
                    asking {
                        this.langfuse = langfuse
                        baggage = true
                    }
                }) {
                    it.get(
                        "/ask",
                        "traceparent",
                        TRACEPARENT,
                        "baggage",
                        "langfuse_user_id=ada",
                        "baggage",
                        "langfuse_session_id=s-1",
                    )
                }
            observations.map { it.userId } shouldBe listOf("ada", "ada")
            observations.map { it.sessionId } shouldBe listOf("s-1", "s-1")
            observations.map { it.traceId } shouldBe listOf(TRACE, TRACE)
        }

        onEachEngine("a malformed parent is as good as none, and any is where parents are refused") { engine ->
            for ((header, believes) in listOf("00-zz-$SPAN-01" to true, TRACEPARENT to false)) {
                val observations =
                    recorded(engine, 2, { langfuse ->
                        asking {
                            this.langfuse = langfuse
                            remoteParent = believes
                            baggage = !believes
                        }
                    }) { it.get("/ask", "traceparent", header, "baggage", BAGGAGE) }
                val root = observations.named("GET /ask")
                root.parentId shouldBe null
                (root.traceId == TRACE) shouldBe false
                root.userId shouldBe "ada".takeIf { !believes }
            }
        }

        onEachEngine("a span that is current already is nearer than the header") { engine ->
            val near = SpanContext.create(
                "1".repeat(32),
                "2".repeat(16),
                TraceFlags.getSampled(),
                TraceState.getDefault(),
            )
            val root =
                recorded(engine, 2, { langfuse ->
                    asking { this.langfuse = langfuse }
                    val first = PipelinePhase("OpenTelemetry")
                    insertPhaseBefore(items.first(), first)
                    intercept(first) {
                        withContext(Context.root().with(Span.wrap(near)).asContextElement()) { proceed() }
                    }
                }) { it.get("/ask", "traceparent", TRACEPARENT) }
                    .named("GET /ask")
            root.traceId shouldBe near.traceId
            root.parentId shouldBe near.spanId
        }

        onEachEngine("two services that call each other record one trace, and one user") { engine ->
            LocalLangfuse.start().use { local ->
                val http = HttpClient(io.ktor.client.engine.cio.CIO) { install(LangfusePropagation) { baggage = true } }
                val called = local.client()
                val calling = local.client()
                serving(engine, {
                    asking {
                        langfuse = called
                        baggage = true
                    }
                }) { second ->
                    serving(engine, {
                        install(LangfuseTracing) {
                            langfuse = calling
                            userId { "ada" }
                        }
                        routing {
                            get("/front") {
                                val answer =
                                    observation("ask-second") {
                                        propagateAttributes(asBaggage = true) {
                                            http.get("${second.url}/ask").bodyAsText()
                                        }
                                    }
                                call.respondText(answer)
                            }
                        }
                    }) {
                        it.get("/front").body() shouldBe "ok"
                        local.awaitObservations(4, DEADLINE) // a server that stops cancels calls that have answered
                    }
                }
                listOf(called, calling).forEach { it.close() }
                http.close()
                val trace = local.traces().single()
                trace.toTree(false) shouldBe
                    """
                    GET /front  user=ada  4 observations
                    └─ SPAN GET /front
                       └─ SPAN ask-second
                          └─ SPAN GET /ask
                             └─ SPAN child
                    """.trimIndent()
                trace.observations().map { it.userId } shouldBe List(4) { "ada" }
                trace.observations().filter { it.isAppRoot }.map { it.name } shouldBe listOf("GET /front")
            }
        }

        for (goesOut in listOf(true, false)) {
            val does = if (goesOut) "go" else "do not go"
            onEachEngine("the call's user and session $does out as baggage where asBaggage is $goesOut") { engine ->
                val seen = ConcurrentLinkedQueue<String>()
                val http = HttpClient(io.ktor.client.engine.cio.CIO) { install(LangfusePropagation) { baggage = true } }
                serving(engine, {
                    routing {
                        get("/{from}") {
                            // With what comes before: a trace id may contain "ada".
                            val baggage = call.request.headers["baggage"].orEmpty()
                            val parts = listOf("ada", "s-1", "stranger").filter { "=$it" in baggage }
                            seen += "${call.parameters["from"]}: ${parts.joinToString()}"
                            call.respondText("ok")
                        }
                    }
                }) { second ->
                    recorded(engine, 2, { langfuse ->
                        install(LangfuseTracing) {
                            this.langfuse = langfuse
                            userId { "ada" }
                            sessionId { "s-1" }
                            if (goesOut) asBaggage = true
                        }
                        routing {
                            get("/front") {
                                http.get("${second.url}/handler")
                                observation("inner") { http.get("${second.url}/block") }
                                val element = call.langfuse.langfuseElement()
                                CoroutineScope(Dispatchers.Default).launch(element) {
                                    http.get("${second.url}/background")
                                }
                                    .join()
                                call.respondText("ok")
                            }
                        }
                    }) { it.get("/front", "baggage", "langfuse_user_id=stranger") }
                }
                http.close()
                val sent = if (goesOut) "ada, s-1" else ""
                seen.toList() shouldBe listOf("handler: $sent", "block: $sent", "background: $sent")
            }
        }

        test("a client sends the trace, and baggage only when asked; headers of yours stay") {
            val seen = mutableListOf<Pair<String?, String?>>()
            LocalLangfuse.start().use { local ->
                local.client().use { langfuse ->
                    serving(Engine.ON_CIO, {
                        routing {
                            get("/") {
                                seen += call.request.headers["traceparent"] to call.request.headers["baggage"]
                                call.respondText("ok")
                            }
                        }
                    }) { server ->
                        val plain = HttpClient(io.ktor.client.engine.cio.CIO) { install(LangfusePropagation) }
                        val full = HttpClient(io.ktor.client.engine.cio.CIO) {
                            install(LangfusePropagation) {
                                baggage =
                                    true
                            }
                        }
                        val picky =
                            HttpClient(io.ktor.client.engine.cio.CIO) {
                                install(LangfusePropagation) { filter { it.url.host != "127.0.0.1" } }
                            }
                        val parent =
                            langfuse.observation("calls") { calls ->
                                langfuse.propagateAttributes(userId = "ada", asBaggage = true) {
                                    plain.get(server.url)
                                    full.get(server.url)
                                    picky.get(server.url)
                                    plain.get(server.url) { header("traceparent", TRACEPARENT) }
                                }
                                "00-${calls.traceId()}-${calls.id()}"
                            }
                        plain.get(server.url)
                        listOf(plain, full, picky).forEach { it.close() }
                        seen.map { it.first?.substringBeforeLast('-') } shouldBe
                            listOf(parent, parent, null, "00-$TRACE-$SPAN", null)
                        seen.map { it.second?.contains("langfuse_user_id=ada") } shouldBe
                            listOf(null, true, null, null, null)
                    }
                }
            }
        }

        test("a filter that throws costs the headers and one warning") {
            val seen = mutableListOf<String?>()
            val messages =
                warnings {
                    LocalLangfuse.start().use { local ->
                        local.client().use { langfuse ->
                            serving(Engine.ON_CIO, { telling(seen) }) { server ->
                                val http =
                                    HttpClient(io.ktor.client.engine.cio.CIO) {
                                        install(LangfusePropagation) { filter { error("no list of hosts") } }
                                    }
                                langfuse.observation("calls") {
                                    repeat(2) { http.get(server.url).bodyAsText() shouldBe "ok" }
                                }
                                http.close()
                            }
                        }
                    }
                }
            seen shouldBe listOf(null, null)
            messages.shouldBeSingleton { it shouldContain "LangfusePropagation: filter { } threw" }
        }

        test("headers do not follow a redirect to where the filter says no") {
            val seen = mutableListOf<String?>()
            LocalLangfuse.start().use { local ->
                local.client().use { langfuse ->
                    serving(Engine.ON_CIO, { telling(seen) }) { stranger ->
                        serving(Engine.ON_CIO, { telling(seen, elsewhere = stranger.url) }) { friend ->
                            val http =
                                HttpClient(io.ktor.client.engine.cio.CIO) {
                                    install(LangfusePropagation) {
                                        baggage = true
                                        filter { it.url.port == friend.port }
                                    }
                                }
                            langfuse.observation("calls") { calls ->
                                langfuse.propagateAttributes(userId = "ada", asBaggage = true) {
                                    http.get("${friend.url}/elsewhere").bodyAsText() shouldBe "ok"
                                    http.get("${friend.url}/here").bodyAsText() shouldBe "ok"
                                    http
                                        .get("${friend.url}/elsewhere") { header("traceparent", TRACEPARENT) }
                                        .bodyAsText() shouldBe "ok"
                                }
                                val ours = "00-${calls.traceId()}-${calls.id()} with baggage"
                                seen shouldBe
                                    listOf(
                                        ours,
                                        null,
                                        ours,
                                        ours,
                                        "00-$TRACE-$SPAN with baggage",
                                        "00-$TRACE-$SPAN", // yours to send
                                    )
                            }
                            http.close()
                        }
                    }
                }
            }
        }

        test("server-sent events are asked for in the trace, too") {
            LocalLangfuse.start().use { local ->
                local.client().use { langfuse ->
                    var seen: String? = null
                    serving(Engine.ON_CIO, {
                        routing {
                            get("/events") {
                                seen = call.request.headers["traceparent"]
                                call.respondText("data: a\r\n\r\n", ContentType.Text.EventStream)
                            }
                        }
                    }) { server ->
                        val http =
                            HttpClient(io.ktor.client.engine.cio.CIO) {
                                install(SSE)
                                install(LangfusePropagation)
                            }
                        langfuse.observation("listen") { listen ->
                            val session =
                                http.serverSentEventsSession {
                                    url("${server.url}/events")
                                    langfuseContext()
                                }
                            session.incoming.toList().map { it.data } shouldBe listOf("a")
                            seen?.substringBeforeLast('-') shouldBe "00-${listen.traceId()}-${listen.id()}"
                        }
                        http.close()
                    }
                }
            }
        }
    })
