package com.langfuse.sdk

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.opentelemetry.api.GlobalOpenTelemetry
import io.opentelemetry.api.OpenTelemetry
import io.opentelemetry.api.trace.Span
import io.opentelemetry.sdk.trace.samplers.Sampler

class LivingWithOpenTelemetryTest :
    FunSpec({
        test("the current span is the observation's, so HTTP clients propagate it") {
            withLangfuse { _, langfuse ->
                langfuse.observation("a").block { a ->
                    Span.current().spanContext.spanId shouldBe a.id()
                    Span.current().spanContext.traceId shouldBe a.traceId()
                }
            }
        }

        test("the application's sampler does not thin out ours, its spans do not come between ours") {
            apmProvider(Sampler.alwaysOff()).use { apm ->
                val tracer = apm.get("apm")
                withLangfuse { local, langfuse ->
                    tracer.spanBuilder("http request").startSpan().makeCurrent().use {
                        langfuse.observation("outer").block {
                            tracer.spanBuilder("db query").startSpan().makeCurrent().use {
                                langfuse.observation("inner").start().end()
                            }
                        }
                    }
                    langfuse.flush(DEADLINE)
                    val (outer, inner) = local.observations()
                    inner.parentId shouldBe outer.id
                    local.traces().map { it.observations.size } shouldContainExactly listOf(2)
                }
            }
        }

        test("the global OpenTelemetry is left alone") {
            withLangfuse { _, langfuse -> langfuse.observation("a").block { } }
            GlobalOpenTelemetry.set(OpenTelemetry.noop()) // throws when it has been set
            GlobalOpenTelemetry.resetForTest()
        }
    })
