package com.langfuse.sdk.ktor

import com.langfuse.sdk.Observation
import io.ktor.server.application.ApplicationCall
import io.ktor.server.application.RouteScopedPlugin
import io.ktor.server.application.createRouteScopedPlugin

/**
 * One observation for each call of a Ktor server: everything that is recorded while the call is handled becomes its
 * child, whatever the dispatcher, and carries the call's user and session.
 *
 * ```
 * fun Application.module() {
 *     install(LangfuseTracing) {
 *         userId { call -> call.principal<UserIdPrincipal>()?.name }
 *         sessionId { call -> call.request.headers["X-Session-Id"] }
 *     }
 *     routing {
 *         post("/chat/{topic}") {                       // shows up as "POST /chat/{topic}"
 *             val question = call.receiveText()
 *             call.langfuse.input(question)
 *             call.respondText(answer(question).also { call.langfuse.output(it) })
 *         }
 *     }
 * }
 * ```
 *
 * The observation ends when the call is done: after the last byte of a stream, the last server-sent event, or the end
 * of the WebSocket session. A status of 500 and above, or an exception that nobody handles, is level ERROR; 4xx, a
 * client that hung up, and a cancellation are level WARNING. Exceptions are passed on as they are. What a WebSocket
 * handler throws is swallowed by Ktor itself, and not seen here: open an observation in the handler, which shows it.
 *
 * Method, path, route and status are kept as metadata. Headers, query and bodies are not looked at: say yourself
 * what [langfuse]'s input and output are.
 *
 * Install it either in the application, before or after other plugins, or in some routes only:
 * `route("/chat") { install(LangfuseTracing) { … } }`; Ktor refuses both together. In a route, exception handlers of
 * `StatusPages` and coroutines of `call.launch` run outside of the observation; all else is the same.
 *
 * A cancelled call throws [kotlinx.coroutines.CancellationException], which is an [IllegalStateException]:
 * `exception<IllegalStateException>` of `StatusPages` sees it, too.
 *
 * Not the thing for spans of every HTTP call beside your database and queue: that is OpenTelemetry's own plugin. With
 * it, or with OpenTelemetry's Java agent, this observation joins the trace that is there.
 *
 * Work that outlives the handler is handed the observation, and keeps the user and session of the call:
 *
 * ```
 * post("/orders") {
 *     application.launch(call.langfuse.asContextElement()) { observation("confirm") { mail(order) } }
 *     call.respond(HttpStatusCode.Accepted)
 * }
 * ```
 *
 * In the application, coroutines of `call.launch` have them, too, once the handler runs. Their scope is made before the
 * user is known, so spans that are not Langfuse's, and baggage, are without: use `coroutineScope { launch { } }` for these.
 */
public val LangfuseTracing: RouteScopedPlugin<LangfuseTracingConfig> =
    createRouteScopedPlugin("LangfuseTracing", ::LangfuseTracingConfig) {
        val settings = pluginConfig.settings()
        val tracing = CallTracing(settings)
        if (route == null) {
            tracing.installIn(application)
        } else {
            application.endTracesOfRoutes()
            on(PipelineOfRoute, tracing::installIn)
        }
        settings.flushOnStop?.let { tracing.flushOnStop(application, it) }
    }

/**
 * The observation of this call, for its input, output, metadata or scores. Never null: where the call is not traced,
 * one that ignores everything.
 *
 * ```
 * get("/search") {
 *     val query = call.parameters["q"]
 *     call.langfuse.input(query)
 *     call.respond(search(query).also { call.langfuse.output(it) })
 * }
 * ```
 *
 * Unlike `Observation.current()` it stays the call's inside of nested observations. From any thread, also in SSE and
 * WebSocket handlers, until the call has ended. In the handler it has the user and session of the call for whatever is
 * started below it: by `asContextElement()`, `context()`, `makeCurrent { }` or `observation("…")`, also after the call.
 */
public val ApplicationCall.langfuse: Observation
    get() = trace?.observation ?: NO_OBSERVATION
