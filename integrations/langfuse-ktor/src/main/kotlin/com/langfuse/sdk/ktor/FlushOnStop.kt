package com.langfuse.sdk.ktor

import com.langfuse.sdk.Langfuse
import io.ktor.server.application.Application
import io.ktor.server.application.ApplicationStopped
import kotlin.concurrent.thread
import kotlin.time.Duration
import kotlin.time.toJavaDuration

internal fun CallTracing.flushOnStop(application: Application, patience: Duration) {
    application.monitor.subscribe(ApplicationStopped) {
        client?.flushWithin(patience)
    }
}

/** On a thread of its own: stopping must not take longer, whatever happens there. */
private fun Langfuse.flushWithin(patience: Duration) {
    val flush =
        thread(isDaemon = true, name = "langfuse-flush-on-stop") {
            val report = flush(patience.toJavaDuration())
            if (!report.isComplete) {
                warn("LangfuseTracing: not everything was delivered before the application stopped: $report")
            }
        }
    try {
        flush.join(patience.inWholeMilliseconds + A_MOMENT)
    } catch (e: InterruptedException) {
        Thread.currentThread().interrupt()
    }
}

/** For the report to be made. */
private const val A_MOMENT = 200L
