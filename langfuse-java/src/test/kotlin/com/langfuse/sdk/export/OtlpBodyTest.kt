package com.langfuse.sdk.export

import com.langfuse.sdk.line.TextRewriter
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeSameInstanceAs
import io.kotest.property.Arb
import io.kotest.property.arbitrary.int
import io.kotest.property.arbitrary.list
import io.kotest.property.arbitrary.string
import io.kotest.property.checkAll
import io.opentelemetry.api.common.AttributeKey.stringArrayKey
import io.opentelemetry.api.common.Attributes
import io.opentelemetry.context.Context
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest
import io.opentelemetry.proto.trace.v1.Span
import io.opentelemetry.sdk.trace.ReadWriteSpan
import io.opentelemetry.sdk.trace.ReadableSpan
import io.opentelemetry.sdk.trace.SdkTracerProvider
import io.opentelemetry.sdk.trace.SpanProcessor
import io.opentelemetry.sdk.trace.data.SpanData

/** Bytes are judged by OpenTelemetry's own protobuf classes. */
class OtlpBodyTest :
    FunSpec({
        fun ended(record: (SdkTracerProvider) -> Unit): List<SpanData> {
            val spans = mutableListOf<SpanData>()
            val collecting =
                object : SpanProcessor {
                    override fun onStart(
                        parentContext: Context,
                        span: ReadWriteSpan,
                    ) = Unit

                    override fun isStartRequired() = false

                    override fun onEnd(span: ReadableSpan) {
                        spans += span.toSpanData()
                    }

                    override fun isEndRequired() = true
                }
            SdkTracerProvider
                .builder()
                .addSpanProcessor(collecting)
                .build()
                .use(record)
            return spans
        }

        fun span(
            texts: List<String>,
            scope: String = "scope",
        ): SpanData =
            ended { provider ->
                val span = provider.get(scope).spanBuilder("name").startSpan()
                texts.forEachIndexed { index, text -> span.setAttribute("text-$index", text) }
                span.setAttribute("number", 7L)
                span.setAttribute(stringArrayKey("list"), listOf("a", "b"))
                span.addEvent("event", Attributes.builder().put("k", "v").build())
                span.setStatus(io.opentelemetry.api.trace.StatusCode.ERROR, "why")
                span.end()
            }.single()

        val encoder = OtlpEncoder(null)

        fun OtlpBody.decoded(): List<Span> =
            ExportTraceServiceRequest
                .parseFrom(bytes())
                .resourceSpansList
                .flatMap { it.scopeSpansList }
                .flatMap { it.spansList }

        fun OtlpBody.scopes() =
            ExportTraceServiceRequest.parseFrom(bytes()).resourceSpansList.flatMap { resource ->
                resource.scopeSpansList.flatMap { scope -> scope.spansList.map { it.spanId to scope.scope.name } }
            }

        fun rewriting(edit: (String, String, String, String) -> String) =
            object : TextRewriter {
                override fun mayChange(request: ByteArray) = true

                override fun rewrite(
                    traceId: String,
                    spanId: String,
                    attribute: String,
                    text: String,
                ) = edit(traceId, spanId, attribute, text)
            }

        test("halves of halves hold every span once, unchanged, in the same scope and resource") {
            checkAll(50, Arb.list(Arb.list(Arb.string(0..40), 0..4), 1..9), Arb.int(1..3)) { all, scopes ->
                val spans = all.mapIndexed { index, texts -> span(texts, "scope-${index % scopes}") }
                val whole = encoder.encode(spans)

                fun parts(body: OtlpBody): List<OtlpBody> =
                    if (body.spans() == 1) listOf(body) else body.halves().flatMap(::parts)
                val parts = parts(whole)
                parts.size shouldBe all.size
                parts.flatMap { it.decoded() } shouldBe whole.decoded()
                parts.flatMap { it.scopes() } shouldBe whole.scopes()
                parts.forEach { part ->
                    val resources = ExportTraceServiceRequest.parseFrom(part.bytes()).resourceSpansList
                    resources.single().resource shouldBe
                        ExportTraceServiceRequest.parseFrom(whole.bytes()).getResourceSpans(0).resource
                }
            }
        }

        test("bodies of one span joined are one body") {
            val spans = listOf("a", "b", "c").map { span(listOf(it)) }
            val joined = OtlpBody.joined(spans.map { encoder.encode(listOf(it)).bytes() })
            joined.spans() shouldBe 3
            joined.decoded() shouldBe spans.flatMap { encoder.encode(listOf(it)).decoded() }
            joined.halves().flatMap { it.decoded() } shouldBe joined.decoded()
        }

        test("a rewriter is asked about each text with its ids, and nothing else changes") {
            val spans = listOf(span(listOf("one", "ünïcode 😀")), span(listOf("three")))
            val whole = encoder.encode(spans)
            val asked = mutableListOf<List<String>>()
            val same =
                whole.rewritten(
                    rewriting { traceId, spanId, attribute, text ->
                        asked += listOf(traceId, spanId, attribute, text)
                        text
                    },
                )
            same.decoded() shouldBe whole.decoded()
            asked shouldContainExactlyInAnyOrder
                listOf(
                    listOf(spans[0].traceId, spans[0].spanId, "text-0", "one"),
                    listOf(spans[0].traceId, spans[0].spanId, "text-1", "ünïcode 😀"),
                    listOf(spans[1].traceId, spans[1].spanId, "text-0", "three"),
                )
            val loud = whole.rewritten(rewriting { _, _, _, text -> text.uppercase() }).decoded()
            loud.flatMap {
                it.attributesList
            }.filter { it.value.hasStringValue() }.map { it.value.stringValue } shouldContainExactlyInAnyOrder
                listOf("ONE", "ÜNÏCODE 😀", "THREE")
            loud.map { span -> span.toBuilder().clearAttributes().build() } shouldBe
                whole.decoded().map { span -> span.toBuilder().clearAttributes().build() }
        }

        test("a rewriter that sees at a glance that nothing changes is not asked about texts") {
            val whole = encoder.encode(listOf(span(listOf("one"))))
            val rewriter =
                object : TextRewriter {
                    override fun mayChange(request: ByteArray) = false

                    override fun rewrite(
                        traceId: String,
                        spanId: String,
                        attribute: String,
                        text: String,
                    ) = error("asked")
                }
            whole.rewritten(rewriter) shouldBeSameInstanceAs whole
        }

        test("cutting takes from the longest texts first, down to what fits") {
            val short = "s".repeat(500)
            val whole = encoder.encode(listOf(span(listOf("l".repeat(90_000), short, "m".repeat(30_000)))))
            val cut = checkNotNull(whole.cutTo(60_000))
            cut.bytes().size shouldBeLessThan 60_500
            val texts =
                cut
                    .decoded()
                    .single()
                    .attributesList
                    .filter { it.value.hasStringValue() }
                    .map { it.value.stringValue }
            texts.single { it.startsWith("l") } shouldContain "… [cut: 90000 characters are more than the server takes]"
            texts.single { it.startsWith("s") } shouldBe short
            encoder.encode(listOf(span(listOf("tiny")))).cutTo(10).shouldBeNull()
        }
    })
