package com.langfuse.sdk.ktor

import io.ktor.server.application.ApplicationCall
import kotlinx.coroutines.CancellationException
import java.lang.System.Logger.Level.WARNING
import java.util.concurrent.ConcurrentHashMap

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

    private val warnings = Warnings()

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
        } catch (e: CancellationException) {
            throw e
        } catch (e: Throwable) {
            warnings.lambdaThrew(setting, e, "the value is left out")
            null
        }
}

/** One warning for each setting: a lambda that fails does so on every call. */
internal class Warnings {
    private val said = ConcurrentHashMap.newKeySet<String>()

    fun lambdaThrew(setting: String, thrown: Throwable, consequence: String) {
        if (said.add(setting)) {
            warn("LangfuseTracing: $setting { } threw $thrown; $consequence. Said once.")
        }
    }
}

internal fun warn(message: String) {
    System.getLogger("com.langfuse.sdk").log(WARNING, message)
}
