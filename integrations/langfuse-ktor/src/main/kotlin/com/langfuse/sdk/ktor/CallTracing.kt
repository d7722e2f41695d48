package com.langfuse.sdk.ktor

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.propagation.TraceHeaders
import io.ktor.http.Headers
import io.ktor.server.application.Application
import io.ktor.server.application.ApplicationCallPipeline
import io.ktor.server.application.ApplicationStarted
import io.ktor.server.application.Hook
import io.ktor.server.application.PipelineCall
import io.ktor.server.application.pluginOrNull
import io.ktor.server.request.httpMethod
import io.ktor.server.request.path
import io.ktor.server.routing.RoutingPipelineCall
import io.ktor.server.routing.RoutingRoot
import io.ktor.util.AttributeKey
import io.ktor.util.pipeline.PipelineContext
import io.ktor.util.pipeline.PipelinePhase
import io.opentelemetry.api.trace.Span
import io.opentelemetry.context.Context

/** Where in Ktor's pipelines the observation of a call starts, learns what belongs to it, and ends. */
internal class CallTracing(private val settings: Settings) {
    private val warnings = Warnings("LangfuseTracing")

    /** The last client that recorded. */
    @Volatile
    var client: Langfuse? = settings.langfuse
        private set

    fun installIn(application: Application) {
        application.interceptFirst(AROUND) {
            val trace = begin(context)
            if (trace == null) proceed() else endingTrace { trace.running { proceed() } }
        }
        application.interceptUpgrades()
        application.monitor.subscribe(RoutingRoot.RoutingCallStarted) { call ->
            call.trace?.nameBy(call.route, call)
        }
        // Not now: routes may be added by modules to come.
        application.monitor.subscribe(ApplicationStarted) {
            it.pluginOrNull(RoutingRoot)?.interceptHandlers()
        }
    }

    /** What it starts is ended by [endTracesOfRoutes]. */
    fun installIn(route: ApplicationCallPipeline) {
        route.interceptFirst(AROUND) {
            begin(context)?.running { proceed() }
        }
        route.interceptUpgrades()
        route.interceptHandlers()
    }

    private fun begin(call: PipelineCall): CallTrace? {
        if (!isWanted(call)) {
            return null
        }
        val client = (settings.langfuse ?: Langfuse.current()).also { this.client = it }
        val parent = parentOf(call.request.headers)
        val route = (call as? RoutingPipelineCall)?.route
        val name = route?.nameFor(call) ?: "${call.request.httpMethod.value} ${call.request.path()}"
        val builder =
            client
                .observation(name, settings.type)
                .metadata("method", call.request.httpMethod.value)
                .metadata("path", call.request.path())
        val observation = parent.makeCurrent().use { builder.start() }
        val beginsTrace = !parent.hasSpan()
        val trace = CallTrace(client, observation, settings.extractors, settings.asBaggage, name.takeIf { beginsTrace })
        route?.let { trace.nameBy(it, call) }
        settings.responseHeader?.let { header ->
            if (client.isEnabled) {
                call.response.headers.append(header, observation.traceId())
            }
        }
        call.attributes.put(TRACE, trace)
        return trace
    }

    private fun isWanted(call: PipelineCall): Boolean =
        try {
            settings.filter(call)
        } catch (e: Throwable) {
            warnings.lambdaThrew("filter", e, "the call is not traced")
            false
        }

    /** OpenTelemetry's plugin or agent has read the headers already; its span is nearer than the caller's. */
    private fun parentOf(headers: Headers): Context {
        val here = Context.current()
        if (here.hasSpan()) {
            return here
        }
        val header = { name: String ->
            if (name == "traceparent" && !settings.remoteParent) null else headers.getAll(name)?.joinToString(",")
        }
        val sent = if (settings.baggage) TraceHeaders.extract(header) else TraceHeaders.extractWithoutBaggage(header)
        return if (sent == Context.root()) here else sent
    }
}

internal object PipelineOfRoute : Hook<(ApplicationCallPipeline) -> Unit> {
    override fun install(pipeline: ApplicationCallPipeline, handler: (ApplicationCallPipeline) -> Unit) =
        handler(pipeline)
}

/** A call's final status is known in the application, outside of whatever handles exceptions. */
internal fun Application.endTracesOfRoutes() {
    attributes.computeIfAbsent(ENDS_TRACES_OF_ROUTES) {
        interceptFirst(AROUND) { endingTrace { proceed() } }
    }
}

private suspend fun PipelineContext<Unit, PipelineCall>.endingTrace(block: suspend () -> Unit) {
    var thrown: Throwable? = null
    try {
        block()
        context.trace?.askIfNobodyDid(context)
    } catch (e: Throwable) {
        thrown = e
        if (!isCancelled(e)) {
            // What went wrong in the call is what counts, whatever goes wrong here.
            runCatching { context.trace?.askIfNobodyDid(context) }
        }
        throw e
    } finally {
        context.trace?.end(context, thrown)
    }
}

/** Between authentication, which a route may bring, and the handler. */
private fun ApplicationCallPipeline.interceptHandlers() {
    insertPhaseBefore(ApplicationCallPipeline.Call, HANDLER)
    intercept(HANDLER) {
        context.trace?.let { trace -> trace.propagating(context) { proceed() } }
    }
}

/** Before the very first phase: a plugin that handles exceptions and was installed earlier has one before `Setup`. */
private fun ApplicationCallPipeline.interceptFirst(
    phase: PipelinePhase,
    block: suspend PipelineContext<Unit, PipelineCall>.() -> Unit,
) {
    insertPhaseBefore(items.first(), phase)
    intercept(phase) { block() }
}

private fun Context.hasSpan() = Span.fromContext(this).spanContext.isValid

private val AROUND = PipelinePhase("LangfuseTracing")
private val HANDLER = PipelinePhase("LangfuseTracingHandler")
private val ENDS_TRACES_OF_ROUTES = AttributeKey<Unit>("LangfuseTracingEndsTracesOfRoutes")
