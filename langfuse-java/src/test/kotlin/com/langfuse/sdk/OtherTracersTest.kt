package com.langfuse.sdk

import com.langfuse.sdk.export.SpanFilter
import com.langfuse.sdk.local.LocalObservation
import com.langfuse.sdk.propagation.TraceHeaders
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.opentelemetry.api.common.AttributeKey
import io.opentelemetry.api.trace.Span
import io.opentelemetry.api.trace.Tracer
import io.opentelemetry.context.Context
import io.opentelemetry.sdk.trace.ReadableSpan
import io.opentelemetry.sdk.trace.SdkTracerProvider
import java.util.concurrent.ConcurrentHashMap

/** What arrives of the spans of tracers that know nothing of Langfuse, and below what. */
class OtherTracersTest :
    FunSpec({
        fun arrived(
            configure: LangfuseBuilder.() -> Unit = {},
            block: (Langfuse, SdkTracerProvider) -> Unit,
        ): Map<String, LocalObservation> {
            var observations = emptyMap<String, LocalObservation>()
            withAttached(configure) { local, langfuse, provider ->
                block(langfuse, provider)
                langfuse.flush(DEADLINE).isComplete shouldBe true
                observations = local.observations().associateBy { it.name }
            }
            return observations
        }

        fun Tracer.span(name: String, vararg attributes: String, body: (Span) -> Unit = {}) {
            val span = spanBuilder(name).apply { attributes.forEach { setAttribute(it, "x") } }.startSpan()
            span.makeCurrent().use { body(span) }
            span.end()
        }

        /** The name of the observation above; null for none. */
        fun Map<String, LocalObservation>.above(name: String): String? =
            getValue(name).parentId?.let { id -> values.single { it.id == id }.name }

        val llm =
            listOf(
                "gen_ai.system",
                "openinference.span.kind",
                "traceloop.span.kind",
                "traceloop.workflow.name",
                "spring.ai.kind",
                "spring.ai.model.name",
                "langfuse.observation.type",
                "langfuse.observation.input",
                "langfuse.observation.metadata.key",
                "langfuse.trace.input",
                "langfuse.user.id",
                "langfuse.session.id",
                "langfuse.tags",
            )

        test("a span with an attribute of an LLM convention arrives, whether it has it at its start or later") {
            val names =
                arrived { _, provider ->
                    llm.forEach { attribute ->
                        provider.get("any").span("start $attribute", attribute)
                        provider.get("any").span("later $attribute") { it.setAttribute(attribute, "x") }
                    }
                    provider.get("any").span("number") { it.setAttribute("gen_ai.usage.input_tokens", 3) }
                    provider.get("any").span("list") {
                        it.setAttribute(AttributeKey.stringArrayKey("langfuse.tags"), listOf("a"))
                    }
                    listOf(
                        "http.route",
                        "gen_ai",
                        "ai.model",
                        "xgen_ai.system",
                        "openinference",
                        "llm.model",
                        "user.id",
                    )
                        .forEach { provider.get("any").span("no $it", it) }
                }.keys
            names shouldBe llm.flatMap { listOf("start $it", "later $it") }.toSet() + "number" + "list"
        }

        test("what propagation, environment and release add to a span does not make it one of an LLM application") {
            arrived({ environment("prod").release("r1") }) { langfuse, provider ->
                langfuse
                    .propagate()
                    .userId("u")
                    .sessionId("s")
                    .tags("t")
                    .version("v")
                    .traceName("name")
                    .environment("staging")
                    .metadata("plan", "pro")
                    .prompt(PromptReference("p", 1))
                    .asBaggage()
                    .run<RuntimeException> { provider.get("http").span("GET /") }
            }.keys shouldBe emptySet()
        }

        test("observations of the client's own provider that its filter leaves out keep no others from their place") {
            val observations =
                observationsOf({ filter { !it.name.startsWith("hidden") } }) { langfuse ->
                    langfuse.observation("root").block {
                        langfuse.observation("hidden").block {
                            langfuse.observation("hidden, too").block { langfuse.observation("leaf").start().end() }
                        }
                    }
                }.associateBy { it.name }
            observations.keys shouldBe setOf("root", "leaf")
            observations.above("leaf") shouldBe "root"
        }

        test("a filter of its own for these attributes can be composed") {
            arrived({ filter(SpanFilter.knownAttributes().and(SpanFilter.genAi().not())) }) { _, provider ->
                provider.get("any").span("a", "gen_ai.system")
                provider.get("any").span("b", "traceloop.span.kind")
            }.keys shouldBe setOf("b")
        }

        test("a span below some that do not arrive is below the nearest one that does") {
            val observations =
                arrived { langfuse, provider ->
                    val http = provider.get("http")
                    langfuse.observation("request").block {
                        http.span("hidden 1") {
                            http.span("hidden 2") {
                                provider.get("any").span("chat", "gen_ai.system") {
                                    http.span("hidden 3") {
                                        provider.get("any").span("tool", "gen_ai.agent.name")
                                        langfuse.observation("own").start().end()
                                    }
                                    provider.get("any").span("direct", "gen_ai.system")
                                }
                            }
                        }
                    }
                }
            observations.keys shouldBe setOf("request", "chat", "tool", "own", "direct")
            observations.above("request").shouldBeNull()
            observations.above("chat") shouldBe "request"
            observations.above("tool") shouldBe "chat"
            observations.above("direct") shouldBe "chat"
            observations.filterValues { it.isAppRoot }.keys shouldBe setOf("request")
            observations.values.map { it.traceId }.distinct().size shouldBe 1
        }

        test(
            "an ancestor that becomes one of an LLM application while it runs is the parent, also of what starts after it ended",
        ) {
            val observations =
                arrived { langfuse, provider ->
                    val http = provider.get("http")
                    langfuse.observation("request").block {
                        http.span("late agent") { late ->
                            provider.get("any").span("before", "gen_ai.system") {
                                late.setAttribute("gen_ai.agent.name", "a")
                            }
                        }
                        val hidden = http.spanBuilder("hidden").startSpan()
                        val below = Context.current().with(hidden)
                        hidden.end()
                        below.makeCurrent().use { provider.get("any").span("after", "gen_ai.system") }
                    }
                }
            observations.above("late agent") shouldBe "request"
            observations.above("before") shouldBe "late agent"
            observations.above("after") shouldBe "request"
        }

        test("below nothing that arrives, and below a remote span, it keeps its own parent and is the top-most one") {
            var hiddenId = ""
            var remoteId = ""
            val observations =
                arrived { _, provider ->
                    provider.get("http").span("hidden") {
                        hiddenId = it.spanContext.spanId
                        provider.get("any").span("chat", "gen_ai.system")
                    }
                    val remote =
                        TraceHeaders.extract {
                            if (it == "traceparent") "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" else null
                        }
                    remoteId = Span.fromContext(remote).spanContext.spanId
                    remote.makeCurrent().use { provider.get("any").span("called", "gen_ai.system") }
                }
            observations.getValue("chat").parentId shouldBe hiddenId
            observations.getValue("chat").isAppRoot shouldBe true
            observations.getValue("called").parentId shouldBe remoteId
            observations.getValue("called").isAppRoot shouldBe true
        }

        test("with an attribute mask as well, and for the other exporters it stays where it was") {
            val seen = ConcurrentHashMap<String, String>()
            val observations =
                arrived({ attributeMask { _, _, value -> value } }) { langfuse, provider ->
                    langfuse.observation("request").block {
                        provider.get("http").span("hidden") { hidden ->
                            val chat = provider.get(
                                "any",
                            ).spanBuilder("chat").setAttribute("gen_ai.system", "x").startSpan()
                            seen["parent"] = (chat as ReadableSpan).parentSpanContext.spanId
                            seen["hidden"] = hidden.spanContext.spanId
                            chat.end()
                            seen["after"] = chat.toSpanData().parentSpanId
                        }
                    }
                }
            observations.above("chat") shouldBe "request"
            seen["parent"] shouldBe seen["hidden"]
            seen["after"] shouldBe seen["hidden"]
        }
    })
