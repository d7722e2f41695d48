package com.langfuse.sdk.ktor

import com.langfuse.sdk.Observation
import com.langfuse.sdk.ObservationLevel.ERROR
import com.langfuse.sdk.ObservationLevel.WARNING
import io.ktor.http.HttpStatusCode
import io.ktor.server.application.ApplicationCall
import io.ktor.server.engine.defaultExceptionStatusCode
import io.ktor.util.cio.ChannelIOException
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.TimeoutCancellationException

/**
 * Status, level and message of a call that is over.
 *
 * @param thrown what nobody handled
 * @param failure what the handler threw, which may have been turned into a status since
 */
internal fun Observation.tellOutcome(call: ApplicationCall, thrown: Throwable?, failure: Throwable?) {
    val status = call.response.status() ?: thrown?.let(::statusOf)
    metadata("status", status?.value)
    val cause = thrown ?: failure
    when {
        cause != null && isDisconnect(cause) -> level(WARNING).statusMessage("client disconnected")

        thrown != null && isCancelled(
            thrown,
        ) && !call.response.isSent -> level(WARNING).statusMessage("call cancelled: ${thrown.message}")

        status == null || isBroken(status, thrown, call) -> recordException(thrown)

        status.value >= 500 -> tellServerError(status, cause)

        status.value >= 400 -> level(WARNING).statusMessage(status.toString())
    }
}

/** It went wrong after the status had been sent; a cancellation after the last byte came too late to be one. */
private fun isBroken(status: HttpStatusCode, thrown: Throwable?, call: ApplicationCall) =
    thrown != null && status.value < 400 && !(isCancelled(thrown) && call.response.isSent)

private fun Observation.tellServerError(status: HttpStatusCode, cause: Throwable?) {
    // A timeout of the handler's own is a cancellation, but no caller's.
    if (cause == null || cause is CancellationException) {
        level(ERROR).statusMessage(cause?.message ?: status.toString())
    } else {
        recordException(cause)
    }
}

/** What the engine is about to answer. */
private fun statusOf(thrown: Throwable): HttpStatusCode? =
    when {
        isCancelled(thrown) -> null
        else -> defaultExceptionStatusCode(thrown) ?: HttpStatusCode.InternalServerError
    }

/** Most engines cancel the call when its client hangs up; all do when the server stops. */
internal fun isCancelled(thrown: Throwable) = thrown is CancellationException && thrown !is TimeoutCancellationException

private fun isDisconnect(thrown: Throwable): Boolean =
    generateSequence(thrown) { it.cause }.take(DEPTH).any { it is ChannelIOException }

private const val DEPTH = 10
