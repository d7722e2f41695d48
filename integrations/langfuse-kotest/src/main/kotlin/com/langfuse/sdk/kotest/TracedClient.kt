package com.langfuse.sdk.kotest

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.LangfuseBuilder
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.local.assertion.LangfuseAssert
import com.langfuse.sdk.local.assertion.StartedObservations
import io.opentelemetry.api.common.AttributeKey
import io.opentelemetry.context.Context
import io.opentelemetry.sdk.trace.ReadWriteSpan
import io.opentelemetry.sdk.trace.ReadableSpan
import io.opentelemetry.sdk.trace.SpanProcessor
import java.time.Duration

/** A client, what it sends to, and what the present test has traced. */
internal class TracedClient(configure: LangfuseBuilder.() -> Unit) : AutoCloseable {
    val local: LocalLangfuse = LocalLangfuse.start()
    private val started = StartedObservations()

    // What a developer's environment says must not change the outcome of tests.
    val client: Langfuse =
        Langfuse
            .builder()
            .publicKey(local.publicKey())
            .secretKey(local.secretKey())
            .baseUrl(local.baseUrl().toString())
            .tracingEnabled(true)
            .sampleRate(1.0)
            .flushOnExit(false)
            .processDefault(false)
            .delivery { it.immediate(true) }
            .spanProcessor(StartedSpans(started))
            .apply(configure)
            .build()

    @Volatile
    var traced: LangfuseAssert = assertion()
        private set

    /** A test begins: nothing of the one before is left, on the way or in the way. */
    fun forget() {
        local.always(null)
        client.flush()
        local.clear()
        started.clear()
        traced = assertion()
    }

    override fun close() {
        client.close(PATIENCE)
        local.close()
    }

    private fun assertion() = LangfuseAssert.of(local, started) { client.flush(PATIENCE) }

    private companion object {
        /** Far more than loopback takes, unless the test has told that end to misbehave. */
        val PATIENCE: Duration = Duration.ofSeconds(2)
    }
}

/** Tells which spans of the client have started, and which of them have ended. */
private class StartedSpans(private val started: StartedObservations) : SpanProcessor {
    override fun onStart(context: Context, span: ReadWriteSpan) =
        started.start(span.spanContext.traceId, span.spanContext.spanId) {
            "${(span.getAttribute(TYPE) ?: "span").uppercase()} ${span.name}"
        }

    override fun isStartRequired() = true

    override fun onEnd(span: ReadableSpan) = started.end(span.spanContext.traceId, span.spanContext.spanId)

    override fun isEndRequired() = true

    private companion object {
        val TYPE: AttributeKey<String> = AttributeKey.stringKey("langfuse.observation.type")
    }
}
