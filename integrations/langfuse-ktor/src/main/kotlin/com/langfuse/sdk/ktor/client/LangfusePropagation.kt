package com.langfuse.sdk.ktor.client

import com.langfuse.sdk.ktor.Warnings
import com.langfuse.sdk.propagation.TraceHeaders
import io.ktor.client.plugins.api.ClientPlugin
import io.ktor.client.plugins.api.SendingRequest
import io.ktor.client.plugins.api.createClientPlugin
import io.ktor.client.request.HttpRequestBuilder
import io.ktor.util.AttributeKey
import io.ktor.utils.io.KtorDsl
import io.opentelemetry.context.Context

/**
 * Puts the trace on the calls of a Ktor client, as the W3C header `traceparent`: what the called service records
 * belongs to the same trace, below the observation that is current here.
 *
 * ```
 * val client = HttpClient(CIO) {
 *     install(LangfusePropagation) { baggage = true }    // user and session travel too
 * }
 * langfuse.observation("ask-search") { client.get("http://search.internal/…") }
 * ```
 *
 * Nothing is recorded, and outside of an observation nothing is sent. A header that the request has already stays. Not needed
 * where OpenTelemetry's instrumentation of the client carries these headers. For `client.sse { }` see
 * [langfuseContext].
 */
public val LangfusePropagation: ClientPlugin<LangfusePropagationConfig> =
    createClientPlugin("LangfusePropagation", ::LangfusePropagationConfig) {
        val baggage = pluginConfig.baggage
        val filter = pluginConfig.filter
        val warnings = Warnings("LangfusePropagation")

        fun isWanted(request: HttpRequestBuilder): Boolean =
            try {
                filter(request)
            } catch (e: Throwable) {
                warnings.lambdaThrew("filter", e, "no headers are sent")
                false
            }
        // For each send: a redirect may lead to somebody who is to get nothing.
        on(SendingRequest) { request, _ ->
            request.takeBack()
            if (isWanted(request)) request.inject(baggage)
        }
    }

/** Which headers [LangfusePropagation] sends, and where to. */
@KtorDsl
public class LangfusePropagationConfig internal constructor() {
    /**
     * Whether the header `baggage` is sent as well. False by default: it carries user, session and tags in plain text, as
     * far as their scope was opened with `asBaggage`. For your own services only, never for strangers.
     */
    public var baggage: Boolean = false

    internal var filter: (HttpRequestBuilder) -> Boolean = { true }
        private set

    /**
     * Chooses the requests that get headers, such as by host; all of them by default. Asked again for each redirect
     * and retry. A filter that throws means no headers, and one warning.
     */
    public fun filter(predicate: (request: HttpRequestBuilder) -> Boolean) {
        filter = predicate
    }
}

/**
 * Remembers, for [LangfusePropagation], what is current here. To be called while the request is built, for calls that Ktor
 * sends from a coroutine of its own, which are those of `client.sse`:
 *
 * ```
 * client.sse({
 *     url("http://agent.internal/events")
 *     langfuseContext()
 * }) { incoming.collect { … } }
 * ```
 *
 * Harmless on other calls, and without the plugin.
 */
public fun HttpRequestBuilder.langfuseContext() {
    attributes.put(CONTEXT, Context.current())
}

private fun HttpRequestBuilder.inject(baggage: Boolean) {
    val context = attributes.getOrNull(CONTEXT) ?: Context.current()
    val ours = mutableListOf<String>()
    context.makeCurrent().use {
        TraceHeaders.inject { name, value ->
            if (name !in headers && (baggage || name != "baggage")) {
                headers[name] = value
                ours += name
            }
        }
    }
    attributes.put(OURS, ours)
}

/** Ktor makes the request that follows a redirect from the one before, headers and attributes included. */
private fun HttpRequestBuilder.takeBack() {
    attributes.getOrNull(OURS)?.forEach(headers::remove)
    attributes.remove(OURS)
}

private val CONTEXT = AttributeKey<Context>("LangfuseContext")
private val OURS = AttributeKey<List<String>>("LangfuseHeaders")
