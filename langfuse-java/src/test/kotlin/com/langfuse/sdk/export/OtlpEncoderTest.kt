package com.langfuse.sdk.export

import com.langfuse.sdk.OnNewestOpenTelemetry
import io.kotest.core.annotation.EnabledIf
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.property.Arb
import io.kotest.property.arbitrary.int
import io.kotest.property.arbitrary.list
import io.kotest.property.arbitrary.long
import io.kotest.property.arbitrary.string
import io.kotest.property.checkAll
import io.opentelemetry.api.common.Attributes
import io.opentelemetry.api.common.KeyValue
import io.opentelemetry.api.common.Value
import io.opentelemetry.api.trace.Span
import io.opentelemetry.api.trace.SpanContext
import io.opentelemetry.api.trace.SpanKind
import io.opentelemetry.api.trace.StatusCode
import io.opentelemetry.api.trace.TraceFlags
import io.opentelemetry.api.trace.TraceState
import io.opentelemetry.context.Context
import io.opentelemetry.exporter.internal.otlp.traces.TraceRequestMarshaler
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest
import io.opentelemetry.sdk.resources.Resource
import io.opentelemetry.sdk.trace.ReadWriteSpan
import io.opentelemetry.sdk.trace.ReadableSpan
import io.opentelemetry.sdk.trace.SdkTracerProvider
import io.opentelemetry.sdk.trace.SpanLimits
import io.opentelemetry.sdk.trace.SpanProcessor
import io.opentelemetry.sdk.trace.data.SpanData
import java.io.ByteArrayOutputStream
import java.util.concurrent.CopyOnWriteArrayList

/** The bytes are those of OpenTelemetry's own exporter. */
@EnabledIf(OnNewestOpenTelemetry::class) // whose encoder and attributes it compares with
class OtlpEncoderTest :
    FunSpec({
        fun ended(resource: Resource = Resource.getDefault(), record: (SdkTracerProvider) -> Unit): List<SpanData> {
            val spans = CopyOnWriteArrayList<SpanData>()
            SdkTracerProvider
                .builder()
                .setResource(resource)
                .setSpanLimits(SpanLimits.builder().setMaxNumberOfAttributes(20).setMaxNumberOfEvents(2).build())
                .addSpanProcessor(Collecting(spans))
                .build()
                .use(record)
            return spans
        }

        fun SdkTracerProvider.span(attributes: Attributes) =
            get("scope").spanBuilder("name").setAllAttributes(attributes).startSpan().end()

        fun expected(spans: List<SpanData>): ByteArray =
            ByteArrayOutputStream().also { TraceRequestMarshaler.create(spans).writeBinaryTo(it) }.toByteArray()

        fun encoded(spans: List<SpanData>): ByteArray = OtlpEncoder(null).encode(spans).bytes()

        infix fun ByteArray.shouldBeTheSame(other: ByteArray) {
            ExportTraceServiceRequest.parseFrom(this) shouldBe ExportTraceServiceRequest.parseFrom(other)
            contentEquals(other) shouldBe true
        }

        test("a span with all that a span can have") {
            val remote =
                SpanContext.createFromRemoteParent(
                    "0af7651916cd43dd8448eb211c80319c",
                    "b7ad6b7169203331",
                    TraceFlags.getSampled(),
                    TraceState.builder().put("vendor", "1").put("other", "2").build(),
                )
            val spans =
                ended(Resource.create(Attributes.builder().put("service.name", "s").build(), "https://schema")) {
                    val tracer = it.tracerBuilder("scope").setInstrumentationVersion("1").setSchemaUrl("url").build()
                    val span =
                        tracer
                            .spanBuilder("name")
                            .setParent(Context.root().with(Span.wrap(remote)))
                            .setSpanKind(SpanKind.CONSUMER)
                            .addLink(remote, Attributes.builder().put("link", true).build())
                            .addLink(
                                SpanContext.create(
                                    remote.traceId,
                                    remote.spanId,
                                    TraceFlags.getDefault(),
                                    TraceState.getDefault(),
                                ),
                            )
                            .startSpan()
                    repeat(3) { index ->
                        span.addEvent("event $index", Attributes.builder().put("index", index.toLong()).build())
                    }
                    span.recordException(IllegalStateException("an exception"))
                    repeat(30) { index -> span.setAttribute("attribute $index", "é 漢 😀 \uD83D") }
                    span.setStatus(StatusCode.ERROR, "failed")
                    span.end()
                }
            encoded(spans) shouldBeTheSame expected(spans)
        }

        test("all kinds of spans and states") {
            val spans =
                ended { provider ->
                    SpanKind.values().forEach { kind ->
                        StatusCode.values().forEach { status ->
                            provider.get("scope").spanBuilder("").setSpanKind(kind).startSpan().setStatus(status).end()
                        }
                    }
                }
            encoded(spans) shouldBeTheSame expected(spans)
        }

        test("all kinds of attributes, also empty ones") {
            val attributes =
                Attributes
                    .builder()
                    .put("text", "text")
                    .put("empty", "")
                    .put("long", -1L)
                    .put("double", 1.5)
                    .put("nan", Double.NaN)
                    .put("boolean", false)
                    .put("texts", "text", "")
                    .put("longs", 0L, Long.MAX_VALUE, Long.MIN_VALUE)
                    .put("doubles", 0.0, -0.0)
                    .put("booleans", true, false)
                    .put("no texts", *arrayOf<String>())
                    .put("value", Value.of(Value.of("text"), Value.of(1), Value.of(1.5), Value.of(true)))
                    .put("bytes", Value.of(byteArrayOf(1, 2)))
                    .put("map", Value.of(KeyValue.of("key", Value.of("text")), KeyValue.of("", Value.of(""))))
                    .put("no values", Value.of(listOf<Value<*>>()))
                    .put("no entries", Value.of(mapOf<String, Value<*>>()))
                    .put("nothing", Value.empty())
                    .build()
            val spans = ended { it.span(attributes) }
            encoded(spans) shouldBeTheSame expected(spans)
        }

        test("texts of any length, and numbers of any size") {
            val spans =
                ended { provider ->
                    listOf(126, 127, 128, 16_383, 16_384, 2_097_152).forEach { length ->
                        provider.span(Attributes.builder().put("text", "x".repeat(length)).build())
                    }
                }
            encoded(spans) shouldBeTheSame expected(spans)
            checkAll(50, Arb.list(Arb.string(0..300), 0..10), Arb.long(), Arb.int(0..3)) { texts, number, more ->
                val random =
                    ended { provider ->
                        repeat(1 + more) {
                            provider.span(
                                Attributes.builder().put("n", number).put("t", *texts.toTypedArray()).build(),
                            )
                        }
                    }
                encoded(random) shouldBeTheSame expected(random)
            }
        }

        test("a value that is nested without end is cut, and weighed") {
            var value: Value<*> = Value.of("x".repeat(1_000_000))
            val shallow = ended { it.span(Attributes.builder().put("value", Value.of(value)).build()) }
            SpanWeight.of(shallow.single()) shouldBeGreaterThan 1_000_000
            repeat(100_000) { value = Value.of(value) }
            val deep = ended { it.span(Attributes.builder().put("value", value).build()) }
            ExportTraceServiceRequest.parseFrom(encoded(deep)).toString() shouldContain "<nested too deep>"
            SpanWeight.of(deep.single()) shouldBeLessThan 10_000
        }

        test("spans of several resources and scopes are grouped") {
            fun of(service: String) =
                ended(Resource.create(Attributes.builder().put("service.name", service).build())) { provider ->
                    repeat(4) { index ->
                        provider.get("scope ${index % 2}").spanBuilder("$service $index").startSpan().end()
                    }
                }
            val spans = of("a").zip(of("b")).flatMap { it.toList() }
            val groups =
                ExportTraceServiceRequest.parseFrom(encoded(spans)).resourceSpansList.flatMap { resource ->
                    resource.scopeSpansList.map { scope -> scope.scope.name to scope.spansList.map { it.name } }
                }
            groups shouldContainExactlyInAnyOrder
                listOf(
                    "scope 0" to listOf("a 0", "a 2"),
                    "scope 1" to listOf("a 1", "a 3"),
                    "scope 0" to listOf("b 0", "b 2"),
                    "scope 1" to listOf("b 1", "b 3"),
                )
        }
    })

private class Collecting(
    val spans: MutableList<SpanData>,
) : SpanProcessor {
    override fun onStart(parentContext: Context, span: ReadWriteSpan) = Unit

    override fun isStartRequired() = false

    override fun onEnd(span: ReadableSpan) {
        spans += span.toSpanData()
    }

    override fun isEndRequired() = true
}
