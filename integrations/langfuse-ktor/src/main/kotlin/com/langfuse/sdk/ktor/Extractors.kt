package com.langfuse.sdk.ktor

import io.ktor.server.application.ApplicationCall
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive

/** What a call says about its user and the like. */
internal class CallAttributes(
    val userId: String?,
    val sessionId: String?,
    val tags: List<String>,
    val metadata: Map<String, Any?>,
    val version: String?,
)

/** The application's lambdas, each of which may fail without harm. */
internal class Extractors {
    var userId: (suspend (ApplicationCall) -> String?)? = null
    var sessionId: (suspend (ApplicationCall) -> String?)? = null
    var tags: (suspend (ApplicationCall) -> Collection<String>)? = null
    var metadata: (suspend (ApplicationCall) -> Map<String, Any?>)? = null
    var version: (suspend (ApplicationCall) -> String?)? = null

    private val warnings = Warnings("LangfuseTracing")

    suspend fun of(call: ApplicationCall): CallAttributes =
        CallAttributes(
            quietly("userId") { userId?.invoke(call) },
            quietly("sessionId") { sessionId?.invoke(call) },
            quietly("tags") { tags?.invoke(call)?.toList() }.orEmpty(),
            quietly("metadata") { metadata?.invoke(call) }.orEmpty(),
            quietly("version") { version?.invoke(call) },
        )

    private suspend fun <T> quietly(setting: String, extract: suspend () -> T): T? =
        try {
            extract()
        } catch (e: Throwable) {
            // The call's own cancellation goes on; one that the lambda made for itself, as withTimeout does, is a failure.
            if (e is CancellationException) currentCoroutineContext().ensureActive()
            warnings.lambdaThrew(setting, e, "the value is left out")
            null
        }
}
