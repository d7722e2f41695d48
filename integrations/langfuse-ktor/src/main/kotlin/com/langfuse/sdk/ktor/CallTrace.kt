package com.langfuse.sdk.ktor

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.Observation
import com.langfuse.sdk.coroutines.makeCurrent
import com.langfuse.sdk.coroutines.propagateAttributes
import io.ktor.server.application.ApplicationCall
import io.ktor.server.request.httpMethod
import io.ktor.server.routing.PathSegmentConstantRouteSelector
import io.ktor.server.routing.PathSegmentOptionalParameterRouteSelector
import io.ktor.server.routing.PathSegmentParameterRouteSelector
import io.ktor.server.routing.PathSegmentRegexRouteSelector
import io.ktor.server.routing.PathSegmentTailcardRouteSelector
import io.ktor.server.routing.PathSegmentWildcardRouteSelector
import io.ktor.server.routing.RootRouteSelector
import io.ktor.server.routing.RouteSelector
import io.ktor.server.routing.RoutingNode
import io.ktor.server.routing.TrailingSlashRouteSelector
import io.ktor.util.AttributeKey
import io.opentelemetry.context.Context

/**
 * A call and its observation, from begin to end.
 *
 * @param traceName null where the trace began elsewhere, and has a name
 */
internal class CallTrace(
    private val client: Langfuse,
    val observation: Observation,
    private val extractors: Extractors,
    private val asBaggage: Boolean,
    private var traceName: String?,
) {
    private var isRouted = false
    private var isAsked = false

    /** What the handler threw, perhaps for an exception handler to turn into a status. */
    private var failure: Throwable? = null

    fun nameBy(route: RoutingNode, call: ApplicationCall) {
        isRouted = true
        val name = route.nameFor(call)
        observation.name(name).metadata("route", route.template())
        traceName = traceName?.let { name }
    }

    /** Runs the rest of the call, in which its observation is current. */
    suspend fun running(block: suspend () -> Unit) = alwaysDispatching { observation.makeCurrent { block() } }

    /** Runs the handler, whose observations get the call's user and the like. */
    suspend fun propagating(call: ApplicationCall, block: suspend () -> Unit) {
        try {
            isAsked = true
            val attributes = extractors.of(call)
            // For work that is handed the observation, and goes on without the scope.
            attributes.applyTo(observation)
            client.propagateAttributes(
                attributes.userId,
                attributes.sessionId,
                attributes.tags,
                attributes.metadata,
                attributes.version,
                traceName,
                asBaggage = asBaggage,
            ) { block() }
        } catch (e: Throwable) {
            failure = e
            throw e
        }
    }

    private fun CallAttributes.applyTo(observation: Observation) {
        val propagation =
            client
                .propagate()
                .userId(userId)
                .sessionId(sessionId)
                .tags(tags)
                .metadata(metadata)
                .version(version)
                .traceName(traceName)
        if (asBaggage) propagation.asBaggage()
        propagation.applyTo(observation)
    }

    /** A call that no handler took has a user, too. */
    suspend fun askIfNobodyDid(call: ApplicationCall) {
        if (!isAsked) {
            traceName = traceName.takeIf { isRouted }
            running { propagating(call) { } }
        }
    }

    fun end(call: ApplicationCall, thrown: Throwable?) {
        if (!isRouted) {
            observation.name(call.request.httpMethod.value)
        }
        observation.tellOutcome(call, thrown, failure)
        observation.end()
    }
}

internal val ApplicationCall.trace: CallTrace?
    get() = attributes.getOrNull(TRACE)

internal val TRACE = AttributeKey<CallTrace>("LangfuseTrace")

/** What is current where nothing is. */
internal val NO_OBSERVATION: Observation = Context.root().makeCurrent().use { Observation.current() }

internal fun RoutingNode.nameFor(call: ApplicationCall) = "${call.request.httpMethod.value} ${template()}"

/** The route's path as it was written; what it says about method, headers or users is left out. */
internal fun RoutingNode.template(): String =
    generateSequence(this) { it.parent }
        .mapNotNull { it.selector.path() }
        .toList()
        .asReversed()
        .joinToString("/", prefix = "/")

/** Its part of the path, if any. */
private fun RouteSelector.path(): String? =
    when (this) {
        is TrailingSlashRouteSelector -> ""
        is PathSegmentRegexRouteSelector -> pattern().removePrefix("\\/").removePrefix("/")
        is RootRouteSelector -> toString().ifEmpty { null }
        is PathSegmentConstantRouteSelector -> value
        is PathSegmentParameterRouteSelector -> toString()
        is PathSegmentOptionalParameterRouteSelector -> toString()
        is PathSegmentWildcardRouteSelector -> toString()
        is PathSegmentTailcardRouteSelector -> toString()
        else -> null
    }

/** Older versions of Ktor tell it in this way only. */
private fun PathSegmentRegexRouteSelector.pattern() = toString().removeSurrounding("Regex(", ")")
