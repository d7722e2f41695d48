package com.langfuse.sdk

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.opentelemetry.api.baggage.Baggage
import io.opentelemetry.context.Context
import io.opentelemetry.sdk.trace.ReadWriteSpan
import io.opentelemetry.sdk.trace.ReadableSpan
import io.opentelemetry.sdk.trace.SdkTracerProvider
import io.opentelemetry.sdk.trace.SpanProcessor
import java.util.concurrent.CopyOnWriteArrayList

/** What [LangfuseBuilder.spanProcessor] adds. */
class SpanProcessorTest :
    FunSpec({
        /** Notes each call; does what the test wants at the start. */
        class Noting(private val atStart: (Context, ReadWriteSpan) -> Unit = { _, _ -> }) : SpanProcessor {
            val calls = CopyOnWriteArrayList<String>()

            override fun onStart(context: Context, span: ReadWriteSpan) {
                calls += "start ${span.name}"
                atStart(context, span)
            }

            override fun isStartRequired() = true

            override fun onEnd(span: ReadableSpan) {
                calls += "end ${span.name}"
            }

            override fun isEndRequired() = true

            override fun close() {
                calls += "close"
            }
        }

        test("it is told of every observation, and may write on it: baggage, for example") {
            val noting =
                Noting { context, span ->
                    Baggage.fromContext(context).forEach { key, entry -> span.setAttribute(key, entry.value) }
                }
            withLangfuse({ spanProcessor(noting) }) { local, langfuse ->
                Baggage.builder().put("tenant", "t-1").build().makeCurrent().use {
                    langfuse.observation("a").block { langfuse.observation("b").block { } }
                }
                langfuse.flush(DEADLINE)
                local.observations() shouldHaveSize 2
                local.observations().forEach { it.attributes()["tenant"] shouldBe "t-1" }
                noting.calls shouldContainExactly listOf("start a", "start b", "end b", "end a")
            }
        }

        test("it comes before ours: what we write is not there yet, and wins") {
            val seen = CopyOnWriteArrayList<String?>()
            val key =
                io.opentelemetry.api.common.AttributeKey
                    .stringKey("langfuse.environment")
            val noting =
                Noting { _, span ->
                    seen += span.getAttribute(key)
                    span.setAttribute(key, "theirs")
                }
            withLangfuse({ spanProcessor(noting).environment("ours") }) { local, langfuse ->
                langfuse.observation("a").block { }
                langfuse.flush(DEADLINE)
                seen shouldContainExactly listOf(null)
                local.observations().single().environment() shouldBe "ours"
            }
        }

        test("several are called in the order in which they were added") {
            val order = CopyOnWriteArrayList<String>()
            val first = Noting { _, _ -> order += "first" }
            val second = Noting { _, _ -> order += "second" }
            withLangfuse({ spanProcessor(first).spanProcessor(second) }) { _, langfuse ->
                langfuse.observation("a").block { }
            }
            order shouldContainExactly listOf("first", "second")
        }

        test("one that throws costs a warning, and neither the observation nor the block") {
            val warnings =
                warningsOf {
                    withLangfuse({ spanProcessor(Noting { _, _ -> error("no") }) }) { local, langfuse ->
                        langfuse.observation("a").block { 42 } shouldBe 42
                        langfuse.flush(DEADLINE).exported() shouldBe 1
                        local.observations().single().name() shouldBe "a"
                    }
                }
            warnings.single() shouldContain "A span processor throws"
        }

        test("closing the client does not close it") {
            val noting = Noting()
            withLangfuse({ spanProcessor(noting) }) { _, langfuse -> langfuse.observation("a").block { } }
            noting.calls shouldContainExactly listOf("start a", "end a")
        }

        test("on a provider of the application's it is not called") {
            val noting = Noting()
            withLangfuse { local, _ ->
                val settings =
                    bareBuilder().publicKey(
                        local.publicKey(),
                    ).secretKey(local.secretKey()).baseUrl("${local.baseUrl()}")
                        .spanProcessor(noting)
                val processor = settings.buildProcessor()
                SdkTracerProvider.builder().addSpanProcessor(processor).build().use { provider ->
                    settings.attachTo(provider, processor).observation("a").block { }
                }
            }
            noting.calls shouldHaveSize 0
        }
    })
