package com.langfuse.sdk.ktor

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.Observation
import com.langfuse.sdk.ObservationType
import io.ktor.http.HttpHeaders
import io.ktor.http.IllegalHeaderNameException
import io.ktor.server.application.ApplicationCall
import io.ktor.server.request.httpMethod
import io.ktor.server.request.path
import io.ktor.utils.io.KtorDsl
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/**
 * What [LangfuseTracing] does. All of it is optional.
 *
 * ```
 * install(LangfuseTracing) {
 *     filter { call -> call.request.path().startsWith("/chat") }
 *     userId { call -> call.principal<UserIdPrincipal>()?.name }
 *     tags { call -> listOfNotNull(call.request.headers["X-Client"]) }
 *     responseHeader = "X-Trace-Id"
 * }
 * ```
 *
 * [userId], [sessionId], [tags], [metadata] and [version] are asked once per call, after authentication and before the
 * handler, and may suspend. What they return is on the call's observation and on all that the handler records. One
 * that throws costs its value and one warning (logger `com.langfuse.sdk`), never the call. A wrong setting throws
 * [IllegalArgumentException] while the plugin is installed.
 */
@KtorDsl
public class LangfuseTracingConfig internal constructor() {
    /**
     * The client that records; null, the default, for the process default (`Langfuse.current()`), looked up when a call
     * comes. It stays yours: the plugin flushes it, and never closes it.
     */
    public var langfuse: Langfuse? = null

    /** What the call's observation is shown as: `SPAN`, the default, or `AGENT`, `CHAIN` and so on. Not `EVENT`. */
    public var type: ObservationType<Observation> = ObservationType.SPAN

    /**
     * Whether calls go on with the trace that the caller names in the W3C header `traceparent`. True by default. At the
     * edge of your system, where strangers call, false keeps their ids out. A malformed header is as good as none.
     */
    public var remoteParent: Boolean = true

    /**
     * Whether user, session, tags and the like are taken from the caller's W3C header `baggage`. False by default:
     * anybody can write that header. True is for services that only your own services can reach.
     */
    public var baggage: Boolean = false

    /**
     * Whether the call's user, session, tags and the like are also put into W3C baggage, for the services that the
     * handler calls. False by default. Privacy: whatever sends OpenTelemetry's baggage then sends them as plain text,
     * a user id included, with every request that is made in the call, to third parties too. What sends it is
     * `LangfusePropagation { baggage = true }`, whose `filter` chooses the receivers, or OpenTelemetry's own
     * instrumentation, which has no such filter.
     *
     * ```
     * install(LangfuseTracing) {
     *     userId { call -> call.principal<UserIdPrincipal>()?.name }
     *     asBaggage = true
     * }
     * ```
     */
    public var asBaggage: Boolean = false

    /** A response header for the trace id, 32 hex digits, such as `"X-Trace-Id"`; null, the default, for none. */
    public var responseHeader: String? = null

    /**
     * How long a stopping application waits until what has ended is delivered; 5 seconds by default, null to
     * leave flushing to you. The wait never takes longer, whatever the network does.
     */
    public var flushOnStop: Duration? = 5.seconds

    private var filter: (ApplicationCall) -> Boolean = ::isWorthTracing
    private val extractors = Extractors()

    /**
     * Chooses the calls to trace, in place of [isWorthTracing]. Asked before routing: method, path and headers are
     * known, route and principal are not. A filter that throws leaves the call out.
     */
    public fun filter(predicate: (call: ApplicationCall) -> Boolean) {
        filter = predicate
    }

    /**
     * The default filter: all calls except `OPTIONS`, `HEAD`, and the paths `/metrics`, `/health…` and `/ready…`. To add to it:
     * `filter { call -> isWorthTracing(call) && … }`.
     */
    public fun isWorthTracing(call: ApplicationCall): Boolean {
        val path = call.request.path()
        return call.request.httpMethod.value !in setOf("OPTIONS", "HEAD") &&
            path != "/metrics" &&
            !path.startsWith("/health") &&
            !path.startsWith("/ready")
    }

    /** The user behind the call; null for none. At most 200 characters, as with the others. */
    public fun userId(extract: suspend (call: ApplicationCall) -> String?) {
        extractors.userId = extract
    }

    /** The conversation that the call belongs to; null for none. */
    public fun sessionId(extract: suspend (call: ApplicationCall) -> String?) {
        extractors.sessionId = extract
    }

    /** Words to find the trace by. */
    public fun tags(extract: suspend (call: ApplicationCall) -> Collection<String>) {
        extractors.tags = extract
    }

    /** Facts about the call that belong on everything it does; values become text. */
    public fun metadata(extract: suspend (call: ApplicationCall) -> Map<String, Any?>) {
        extractors.metadata = extract
    }

    /** The version of your code; null for none. */
    public fun version(extract: suspend (call: ApplicationCall) -> String?) {
        extractors.version = extract
    }

    internal fun settings(): Settings {
        require(type != ObservationType.EVENT) {
            "LangfuseTracing: type = EVENT has no duration; use SPAN, AGENT or CHAIN."
        }
        require(flushOnStop?.let { it.isNegative() || it.isInfinite() } != true) {
            "LangfuseTracing: flushOnStop = $flushOnStop cannot be waited for; use 5.seconds, or null to switch it off."
        }
        responseHeader?.let(::requireHeaderName)
        return Settings(
            langfuse,
            type,
            remoteParent,
            baggage,
            asBaggage,
            responseHeader,
            flushOnStop,
            filter,
            extractors,
        )
    }

    private fun requireHeaderName(name: String) {
        val problem =
            try {
                HttpHeaders.checkHeaderName(name)
                if (name.isEmpty()) {
                    "is empty"
                } else if (HttpHeaders.isUnsafe(name)) {
                    "is Ktor's own"
                } else {
                    null
                }
            } catch (e: IllegalHeaderNameException) {
                "is no header name (${e.message})"
            }
        require(problem == null) {
            "LangfuseTracing: responseHeader = \"$name\" $problem; use a name such as \"X-Trace-Id\", or null."
        }
    }
}

/** The configuration as it was when the plugin was installed. */
internal class Settings(
    val langfuse: Langfuse?,
    val type: ObservationType<Observation>,
    val remoteParent: Boolean,
    val baggage: Boolean,
    val asBaggage: Boolean,
    val responseHeader: String?,
    val flushOnStop: Duration?,
    val filter: (ApplicationCall) -> Boolean,
    val extractors: Extractors,
)
