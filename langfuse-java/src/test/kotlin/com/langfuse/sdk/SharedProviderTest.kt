package com.langfuse.sdk

import com.langfuse.sdk.export.SpanFilter
import com.langfuse.sdk.local.LocalLangfuse
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.opentelemetry.api.common.AttributeKey
import io.opentelemetry.api.trace.Tracer
import io.opentelemetry.sdk.trace.SdkTracerProvider
import io.opentelemetry.sdk.trace.samplers.Sampler
import java.lang.ref.WeakReference

/** Spans of other libraries on the application's provider, beside ours. */
class SharedProviderTest :
    FunSpec({
        fun Tracer.span(name: String, vararg attributes: Pair<String, String>, body: () -> Unit = {}) {
            val span = spanBuilder(name).apply { attributes.forEach { (k, v) -> setAttribute(k, v) } }.startSpan()
            span.makeCurrent().use { body() }
            span.end()
        }

        fun arrivedNames(
            configure: LangfuseBuilder.() -> Unit = {},
            block: (Langfuse, SdkTracerProvider) -> Unit,
        ): List<String> {
            var names = emptyList<String>()
            withAttached(configure) { local, langfuse, provider ->
                block(langfuse, provider)
                langfuse.flush(DEADLINE)
                names = local.observations().map { it.name }
            }
            return names
        }

        test("LLM libraries' spans arrive, with user and environment; HTTP spans do not") {
            withAttached({ environment("prod") }) { local, langfuse, provider ->
                langfuse.propagate().userId("u").run<RuntimeException> {
                    langfuse.observation("request").block {
                        provider.get("http").span("GET /") {
                            provider.get("any").span("chat", "gen_ai.system" to "openai")
                            provider.get("dev.langchain4j").span("chain")
                            langfuse.observation("below http").start().end()
                        }
                    }
                }
                langfuse.flush(DEADLINE)
                val observations = local.observations().associateBy { it.name }
                observations.keys shouldBe setOf("request", "chat", "chain", "below http")
                observations.values.forEach {
                    it.userId shouldBe "u"
                    it.environment shouldBe "prod"
                }
                observations.getValue("below http").parentId shouldBe observations.getValue("request").id
            }
        }

        test("the top-most span that arrives is marked: below a filtered or ended one, a new one is") {
            withAttached { local, langfuse, provider ->
                provider.get("http").span("filtered") {
                    langfuse.observation("top").block { langfuse.observation("below").start().end() }
                }
                val ended = langfuse.observation("ended").start().also { it.end() }
                ended.observation("after the end").start().end()
                provider.get("any").span("late gen_ai") {
                    io.opentelemetry.api.trace.Span.current().setAttribute("gen_ai.system", "x")
                }
                langfuse.flush(DEADLINE)
                val marked = local.observations().associate { it.name to it.isAppRoot }
                marked shouldBe
                    mapOf(
                        "top" to true,
                        "below" to false,
                        "ended" to true,
                        "after the end" to true,
                        "late gen_ai" to false,
                    )
            }
        }

        test("filters compose; one that throws drops the span, with one warning") {
            fun spans(provider: SdkTracerProvider) {
                provider.get("a").span("a")
                provider.get("a.b").span("a.b")
                provider.get("ab").span("ab")
            }
            arrivedNames({ filter(SpanFilter.scope("a")) }) { _, p -> spans(p) } shouldContainExactly listOf("a", "a.b")
            arrivedNames({
                filter(SpanFilter.scope("a").and(SpanFilter.scope("a.b").not()))
            }) { _, p -> spans(p) } shouldContainExactly
                listOf("a")
            arrivedNames({
                filter(SpanFilter.standard().or(SpanFilter.scope("ab")))
            }) { _, p -> spans(p) } shouldContainExactly
                listOf("ab")
            arrivedNames({ filter(SpanFilter.all()) }) { _, p -> spans(p) } shouldContainExactly
                listOf("a", "a.b", "ab")
            val warnings =
                warningsOf { arrivedNames({ filter { error("broken filter") } }) { _, p -> spans(p) }.shouldBeEmpty() }
            warnings.single() shouldContain "filter"
        }

        test("two clients on one provider get their own observations, and both the others'") {
            LocalLangfuse.start().use { localA ->
                LocalLangfuse.start().use { localB ->
                    fun builderOf(local: LocalLangfuse) =
                        bareBuilder()
                            .publicKey(local.publicKey())
                            .secretKey(local.secretKey())
                            .baseUrl(local.baseUrl().toString())
                    val builders = listOf(localA, localB).map(::builderOf)
                    val processors = builders.map { it.buildProcessor() }
                    SdkTracerProvider
                        .builder()
                        .addSpanProcessor(processors[0])
                        .addSpanProcessor(processors[1])
                        .build()
                        .use { provider ->
                            val (a, b) = builders.zip(processors) { builder, processor ->
                                builder.attachTo(provider, processor)
                            }
                            a.observation("a-1").block {
                                b.observation("b-1").block { a.observation("a-2").start().end() }
                                provider.get("any").span("llm", "gen_ai.system" to "x")
                            }
                            a.flush(DEADLINE)
                            b.flush(DEADLINE)
                            localA.observations().map { it.name } shouldContainExactlyInAnyOrder
                                listOf("a-1", "a-2", "llm")
                            localB.observations().map { it.name } shouldContainExactlyInAnyOrder listOf("b-1", "llm")
                            localA.observations().single { it.name == "a-2" }.parentId shouldBe
                                localA.observations().single { it.name == "a-1" }.id
                            localB.observations().single { it.name == "b-1" }.parentId.shouldBeNull()
                        }
                }
            }
        }

        test("closing the client leaves the application's provider alone; its sampler applies") {
            withAttached { local, langfuse, provider ->
                langfuse.observation("before").start().end()
                langfuse.close()
                langfuse.observation("after").start().end()
                provider.forceFlush().join(
                    DEADLINE.toSeconds(),
                    java.util.concurrent.TimeUnit.SECONDS,
                ).isSuccess shouldBe
                    true
                local.observations().map { it.name } shouldContainExactly listOf("before", "after")
            }
            LocalLangfuse.start().use { local ->
                val builder =
                    bareBuilder()
                        .publicKey(local.publicKey())
                        .secretKey(local.secretKey())
                        .baseUrl(local.baseUrl().toString())
                val processor = builder.buildProcessor()
                SdkTracerProvider
                    .builder()
                    .setSampler(Sampler.alwaysOff())
                    .addSpanProcessor(processor)
                    .build()
                    .use { provider ->
                        val langfuse = builder.attachTo(provider, processor)
                        langfuse.observation("unsampled").block { "value" } shouldBe "value"
                        langfuse.flush(DEADLINE).exported() shouldBe 0
                    }
            }
        }

        test("a failed export is a failed flush of the provider, too") {
            withAttached { local, langfuse, provider ->
                local.always(
                    com.langfuse.sdk.local.Fault
                        .status(400),
                )
                warningsOf {
                    langfuse.observation("a").start().end()
                    provider.forceFlush().join(
                        DEADLINE.toSeconds(),
                        java.util.concurrent.TimeUnit.SECONDS,
                    ).isSuccess shouldBe
                        false
                }
            }
        }

        test("the current observation is the application's span where there is no other") {
            withAttached { local, langfuse, provider ->
                langfuse.propagate().context().makeCurrent().use {
                    provider.get("any").span("llm", "gen_ai.system" to "x") {
                        Observation.current().output("written on it").metadata("k", "v")
                        Observation.current().observation("child").start().end()
                    }
                }
                langfuse.flush(DEADLINE)
                val (span, child) = local.observations()
                child.parentId shouldBe span.id
                span.attributes["langfuse.observation.output"] shouldBe "written on it"
                span.metadata["k"] shouldBe "v"
            }
        }

        test("inside an observation, a library's span is current as long as it runs, and an HTTP span never is") {
            withAttached { local, langfuse, provider ->
                langfuse.observation("ours").block { ours ->
                    provider.get("any").span("llm", "gen_ai.system" to "x") {
                        Observation.current().output("llm's")
                        langfuse.propagate().userId("u").run<RuntimeException> { }
                    }
                    provider.get("http").span("GET") { Observation.current().id() shouldBe ours.id() }
                }
                langfuse.flush(DEADLINE)
                val (ours, llm) = local.observations()
                llm.attributes["langfuse.observation.output"] shouldBe "llm's"
                llm.userId shouldBe "u"
                ours.output.shouldBeNull()
                ours.userId.shouldBeNull()
            }
        }

        test("separate traces: no APM span is our parent, and none is our child") {
            apmProvider().use { apm ->
                withLangfuse({ separateTraces(true) }) { local, langfuse ->
                    apm.get("apm").span("http request") {
                        val request = io.opentelemetry.api.trace.Span.current()
                        langfuse.observation("root").block {
                            io.opentelemetry.api.trace.Span.current() shouldBe request
                            langfuse.observation("child").start().end()
                        }
                    }
                    langfuse.flush(DEADLINE)
                    local.traces().single().toTree(false) shouldBe
                        "root  2 observations\n└─ SPAN root\n   └─ SPAN child"
                    local.observations().first().parentId.shouldBeNull()
                }
            }
        }

        test("separate on a shared provider: a library's span around an observation is not in it") {
            withAttached({ separateTraces(true) }) { local, langfuse, provider ->
                provider.get("any").span("outer", "gen_ai.system" to "x") {
                    langfuse.observation("a").block { a ->
                        Observation.current().id() shouldBe a.id()
                        langfuse.observation("b").start().end()
                        langfuse.propagate().userId("u").run<RuntimeException> {
                            langfuse.observation("c").start().end()
                        }
                        provider.get("any").span("inner", "gen_ai.system" to "x") {
                            langfuse.observation("d").start().end()
                        }
                    }
                }
                langfuse.flush(DEADLINE)
                val byName = local.observations().associateBy { it.name }
                val parents = byName.mapValues { (_, it) ->
                    byName.values.firstOrNull { other -> other.id == it.parentId }?.name
                }
                parents.filterKeys { it.length == 1 } shouldBe
                    mapOf("a" to "outer", "b" to "a", "c" to "a", "d" to "inner")
                byName.getValue("a").userId shouldBe "u"
                byName.getValue("outer").userId.shouldBeNull()
            }
        }

        test("by default one trace id serves the application's spans and ours") {
            apmProvider().use { apm ->
                withLangfuse { local, langfuse ->
                    var traceId = ""
                    apm.get("apm").span("http request") {
                        traceId = io.opentelemetry.api.trace.Span.current().spanContext.traceId
                        langfuse.observation("root").start().end()
                    }
                    langfuse.flush(DEADLINE)
                    val root = local.observations().single()
                    root.traceId shouldBe traceId
                    root.isAppRoot shouldBe true
                }
            }
        }

        test("without keys, or switched off, an attached application runs as if we were not there") {
            fun attached(builder: LangfuseBuilder) {
                val processor = builder.buildProcessor()
                SdkTracerProvider.builder().addSpanProcessor(processor).build().use { provider ->
                    val langfuse = builder.attachTo(provider, processor)
                    langfuse.isEnabled shouldBe false
                    langfuse.observation("a").block { "value" } shouldBe "value"
                    provider.get("any").span("b")
                    langfuse.flush().isComplete shouldBe true
                }
            }
            warningsOf { attached(bareBuilder()) }.single() shouldContain "LANGFUSE_PUBLIC_KEY"
            warningsOf {
                attached(bareBuilder().publicKey("pk").secretKey("sk").tracingEnabled(false))
            }.shouldBeEmpty()
        }

        test("flushing the provider does not hold its caller up") {
            withAttached { local, langfuse, provider ->
                local.always(
                    com.langfuse.sdk.local.Fault
                        .status(503),
                )
                langfuse.observation("a").start().end()
                val flush = provider.forceFlush()
                flush.isDone shouldBe false
                local.always(null)
                flush.join(DEADLINE.toSeconds(), java.util.concurrent.TimeUnit.SECONDS).isSuccess shouldBe true
            }
        }

        test("a library's span between two observations keeps its place; one that does not arrive does not") {
            withAttached { local, langfuse, provider ->
                langfuse.observation("a").block {
                    provider.get("dev.langchain4j").span("chain") {
                        provider.get("http").span("GET") { langfuse.observation("b").start().end() }
                        langfuse.observation("c").start().end()
                    }
                }
                langfuse.flush(DEADLINE)
                val byName = local.observations().associateBy { it.name }
                byName.getValue("c").parentId shouldBe byName.getValue("chain").id
                byName.getValue("b").parentId shouldBe byName.getValue("a").id
            }
        }

        test("spans that are dropped without being ended are not retained, and do not keep others from their place") {
            withAttached { local, langfuse, provider ->
                val tracer = provider.get("openinference")
                val dropped = (1..3).map { WeakReference(tracer.spanBuilder("dropped").startSpan()) }
                eventually {
                    System.gc()
                    dropped.all { it.get() == null }
                } shouldBe true
                repeat(100_000) { tracer.spanBuilder("dropped").startSpan() }
                System.gc()
                repeat(10_000) { tracer.spanBuilder("dropped").startSpan() }
                langfuse.observation("root").block {
                    provider.get("http").span("GET") { langfuse.observation("child").start().end() }
                }
                langfuse.flush(DEADLINE)
                val byName = local.observations().associateBy { it.name }
                byName.getValue("child").parentId shouldBe byName.getValue("root").id
                byName.getValue("child").isAppRoot shouldBe false
            }
        }

        test("each project has the top-most span of its own, below another client's too") {
            withLangfuse { localA, a ->
                withLangfuse { localB, b ->
                    a.observation("a").block { b.observation("b").block { b.observation("b2").start().end() } }
                    a.flush(DEADLINE)
                    b.flush(DEADLINE)
                    localA.observations().map { it.isAppRoot } shouldContainExactly listOf(true)
                    localB.observations().map { it.isAppRoot } shouldContainExactly listOf(true, false)
                }
            }
        }

        test("without the claim in baggage the trace still has one top-most span in this process") {
            withAttached({ claimInBaggage(false) }) { local, langfuse, provider ->
                langfuse.observation("a").block {
                    provider.get("http").span("GET") { provider.get("any").span("llm", "gen_ai.system" to "x") }
                }
                langfuse.flush(DEADLINE)
                local.observations().associate { it.name to it.isAppRoot } shouldBe mapOf("a" to true, "llm" to false)
            }
        }

        test("an observation that is not sampled leaves the application's spans alone, and claims nothing") {
            apmProvider().use { apm ->
                withLangfuse({ sampleRate(0.0) }) { _, langfuse ->
                    apm.get("apm").span("request") {
                        langfuse.observation("unsampled").block {
                            val below = apm.get("apm").spanBuilder("query").startSpan()
                            below.isRecording shouldBe true
                            below.end()
                            val headers = mutableMapOf<String, String>()
                            com.langfuse.sdk.propagation.TraceHeaders
                                .inject(headers::put)
                            (headers.getValue("traceparent").takeLast(1).toInt() and 1) shouldBe 1
                            headers.containsKey("baggage") shouldBe false
                        }
                    }
                }
            }
        }

        test("nothing is written on spans of the application that Langfuse does not get") {
            apmProvider().use { apm ->
                withLangfuse { _, langfuse ->
                    val span = apm.get("apm").spanBuilder("request").startSpan()
                    span.makeCurrent().use {
                        Observation.current().input("secret prompt")
                        langfuse.propagate().userId("u").run<RuntimeException> { }
                    }
                    span.end()
                    (span as io.opentelemetry.sdk.trace.ReadableSpan).attributes.isEmpty shouldBe true
                }
            }
        }

        test("attributes of any type pass an attribute mask") {
            withAttached({
                attributeMask { _, name, value ->
                    when {
                        name == "drop" -> null
                        name == "fail" -> error("mask")
                        name == "number" -> 7L
                        name == "hostile" -> HostileAnswer
                        name == "list" -> (value as List<*>).map { "***" }
                        value is String -> value.replace("secret", "***")
                        else -> value
                    }
                }
            }) { local, langfuse, provider ->
                val span = provider.get("any").spanBuilder("llm").startSpan()
                span.setAttribute("gen_ai.prompt", "a secret")
                span.setAttribute("drop", "x")
                span.setAttribute("fail", "secret")
                span.setAttribute("number", "secret")
                span.setAttribute("hostile", "secret")
                span.setAttribute(AttributeKey.longKey("long"), 3L)
                span.setAttribute(AttributeKey.stringArrayKey("list"), listOf("secret"))
                span.recordException(IllegalStateException("secret"))
                span.setStatus(io.opentelemetry.api.trace.StatusCode.ERROR, "a secret")
                span.end()
                langfuse.observation("ours").input("my secret").start().end()
                langfuse.flush(DEADLINE)
                val llm = local.observations().single { it.name == "llm" }
                llm.attributes["gen_ai.prompt"] shouldBe "a ***"
                llm.attributes.containsKey("drop") shouldBe false
                llm.attributes["fail"] shouldBe Mask.FAILED
                llm.attributes["long"] shouldBe 3L
                llm.attributes["number"] shouldBe 7L
                llm.attributes["list"] shouldBe listOf("***")
                llm.attributes["hostile"] shouldBe Mask.FAILED
                llm.statusMessage shouldBe "a ***"
                llm.events
                    .single()
                    .attributes["exception.message"] shouldBe "***"
                local.observations().single { it.name == "ours" }.input shouldBe "my ***"
            }
        }
    }) {
    private object HostileAnswer {
        override fun toString(): String = error("no text")
    }
}
