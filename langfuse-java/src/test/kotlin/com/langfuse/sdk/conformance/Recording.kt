package com.langfuse.sdk.conformance

import com.fasterxml.jackson.databind.JsonNode
import com.langfuse.sdk.DEADLINE
import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.LangfuseBuilder
import com.langfuse.sdk.Mask
import com.langfuse.sdk.bareBuilder
import com.langfuse.sdk.export.SpanFilter
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.warningsOf
import io.opentelemetry.api.common.AttributeKey
import io.opentelemetry.api.trace.Span
import io.opentelemetry.api.trace.SpanBuilder
import io.opentelemetry.api.trace.SpanKind
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest
import io.opentelemetry.sdk.trace.SdkTracerProvider
import io.opentelemetry.sdk.trace.samplers.Sampler
import java.util.concurrent.FutureTask
import java.util.zip.GZIPInputStream

/** What came of running a scenario. */
internal class Recording(
    val started: List<Started>,
    val export: List<ExportTraceServiceRequest>,
    val saved: Map<String, JsonNode>,
    val warnings: List<String>,
    val isAttached: Boolean,
)

/** Runs a scenario against a Langfuse on loopback. */
internal fun record(scenario: Scenario): Recording =
    LocalLangfuse.start().use { local ->
        val builder = builder(scenario, local)
        lateinit var interpreter: Interpreter
        val warnings =
            warningsOf {
                if (scenario.uses("foreign")) {
                    builder.attached(sampler(scenario)) { langfuse, tracers ->
                        interpreter = Interpreter(langfuse, tracers).also { runAndFlush(it, scenario, langfuse) }
                    }
                } else {
                    builder.build().use { langfuse ->
                        interpreter = Interpreter(langfuse, null).also { runAndFlush(it, scenario, langfuse) }
                    }
                }
            }
        val bodies = local.requests().filter { it.path() == "/api/public/otel/v1/traces" }
        check(bodies.all { it.status() == OK }) { "Refused: $bodies" }
        Recording(
            interpreter.started,
            bodies.map { ExportTraceServiceRequest.parseFrom(GZIPInputStream(it.body().inputStream())) },
            interpreter.saved,
            warnings,
            scenario.uses("foreign"),
        )
    }

private fun runAndFlush(interpreter: Interpreter, scenario: Scenario, langfuse: Langfuse) {
    // On a stack that bears deep nesting.
    val task = FutureTask { langfuse.propagate().context().makeCurrent().use { interpreter.perform(scenario.steps) } }
    Thread(null, task, scenario.id, STACK_BYTES).start()
    task.get()
    val report = langfuse.flush(DEADLINE)
    check(report.isComplete) { report.toString() }
}

private fun builder(scenario: Scenario, local: LocalLangfuse): LangfuseBuilder {
    val builder =
        bareBuilder(scenario.environment)
            .publicKey(local.publicKey())
            .secretKey(local.secretKey())
            .baseUrl(local.baseUrl().toString())
    val config = scenario.config
    config.textOrNull("environment")?.let(builder::environment)
    config.textOrNull("release")?.let(builder::release)
    config.textOrNull("mask")?.let { builder.mask(mask(it)) }
    config.textOrNull("filter")?.let { builder.filter(filter(it)) }
    config.node("sampleRate")?.let { builder.sampleRate(it.doubleValue()) }
    config.node("mediaUploadEnabled")
    config.checkUnderstood()
    return builder
}

private fun mask(name: String): Mask =
    when (name) {
        "digits" -> Mask(::withoutDigits)
        "throws" -> Mask { error("no mask today") }
        "null" -> Mask { null }
        else -> error("Unknown mask '$name'")
    }

private fun withoutDigits(value: Any?): Any? =
    when (value) {
        is Map<*, *> -> value.entries.associate { (key, each) -> withoutDigits("$key") to withoutDigits(each) }
        is Iterable<*> -> value.map(::withoutDigits)
        is Number, is CharSequence, is java.time.Instant -> value.toString().replace(DIGITS, "#")
        else -> value
    }

private fun filter(name: String): SpanFilter =
    when (name) {
        "all" -> SpanFilter.all()
        "throws" -> SpanFilter { error("no filter today") }
        else -> error("Unknown filter '$name'")
    }

private fun sampler(scenario: Scenario): Sampler =
    Sampler.parentBased(Sampler.traceIdRatioBased(scenario.config.node("sampleRate")?.doubleValue() ?: 1.0))

private fun LangfuseBuilder.attached(sampler: Sampler, block: (Langfuse, ForeignTracers) -> Unit) {
    val processor = buildProcessor()
    val provider = SdkTracerProvider.builder().setSampler(sampler).addSpanProcessor(processor).build()
    provider.use { attachTo(it, processor).use { langfuse -> block(langfuse, ForeignTracers(it)) } }
}

/** Tracers of other libraries on the same provider. */
internal class ForeignTracers(private val provider: SdkTracerProvider) {
    fun span(step: Fields, block: (String) -> Unit) {
        val tracer = provider.tracerBuilder(step.text("scope"))
        step.textOrNull("version")?.let(tracer::setInstrumentationVersion)
        val builder = tracer.build().spanBuilder(step.text("name"))
        step.node("kind")?.let { builder.setSpanKind(kind(it)) }
        attributes(step, "attributes").forEach { (key, value) -> builder.put(key, value) }
        val span = builder.startSpan()
        attributes(step, "lateAttributes").forEach { (key, value) -> span.put(key, value) }
        try {
            span.makeCurrent().use { block(span.spanContext.spanId) }
        } finally {
            span.end()
        }
    }

    /** By name, or by the number JavaScript gives it. */
    private fun kind(json: JsonNode): SpanKind =
        if (json.isInt) SpanKind.entries[json.intValue()] else SpanKind.valueOf(json.textValue().uppercase())

    private fun attributes(step: Fields, name: String): Map<String, Any?> = textKeyed(step.value(name)).orEmpty()

    private fun SpanBuilder.put(key: String, value: Any?) = typed(key, value) { k, v -> setAttribute(k, v) }

    private fun Span.put(key: String, value: Any?) = typed(key, value) { k, v -> setAttribute(k, v) }

    @Suppress("UNCHECKED_CAST")
    private fun typed(key: String, value: Any?, set: (AttributeKey<Any>, Any) -> Unit) {
        val typed: Pair<AttributeKey<*>, Any> =
            when (value) {
                null -> return
                is String -> AttributeKey.stringKey(key) to value
                is Boolean -> AttributeKey.booleanKey(key) to value
                is Int, is Long -> AttributeKey.longKey(key) to (value as Number).toLong()
                is Double -> number(key, value)
                is List<*> -> list(key, value)
                else -> error("Unknown attribute $key=$value")
            }
        set(typed.first as AttributeKey<Any>, typed.second)
    }

    /** A whole number is an integer in JavaScript, however it is written. */
    private fun number(key: String, value: Double): Pair<AttributeKey<*>, Any> =
        if (value ==
            Math.rint(value)
        ) {
            AttributeKey.longKey(key) to value.toLong()
        } else {
            AttributeKey.doubleKey(key) to value
        }

    private fun list(key: String, value: List<*>): Pair<AttributeKey<*>, Any> =
        when (value.firstOrNull()) {
            is Boolean -> AttributeKey.booleanArrayKey(key) to value
            is Int, is Long -> AttributeKey.longArrayKey(key) to value.map { (it as Number).toLong() }
            is Double -> AttributeKey.doubleArrayKey(key) to value
            else -> AttributeKey.stringArrayKey(key) to value.map { "$it" }
        }
}

private const val OK = 200
private const val STACK_BYTES = 64L shl 20
private val DIGITS = Regex("\\d+")
