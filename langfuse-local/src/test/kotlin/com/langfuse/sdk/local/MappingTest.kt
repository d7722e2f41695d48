package com.langfuse.sdk.local

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.opentelemetry.proto.trace.v1.Status.StatusCode
import java.time.Instant

class MappingTest :
    FunSpec({

        context("type, by the first convention that says something") {
            withData<Pair<Map<String, Any>, String>>(
                { (attributes, type) -> "$attributes is $type" },
                listOf(
                    emptyMap<String, Any>() to "SPAN",
                    mapOf("langfuse.observation.type" to "span", "gen_ai.operation.name" to "chat") to "SPAN",
                    mapOf("langfuse.observation.type" to "generation") to "GENERATION",
                    mapOf("langfuse.observation.type" to "event") to "EVENT",
                    mapOf("langfuse.observation.type" to "embedding") to "EMBEDDING",
                    mapOf("langfuse.observation.type" to "agent") to "AGENT",
                    mapOf("langfuse.observation.type" to "tool") to "TOOL",
                    mapOf("langfuse.observation.type" to "chain") to "CHAIN",
                    mapOf("langfuse.observation.type" to "retriever") to "RETRIEVER",
                    mapOf("langfuse.observation.type" to "evaluator") to "EVALUATOR",
                    mapOf("langfuse.observation.type" to "guardrail") to "GUARDRAIL",
                    mapOf("langfuse.observation.type" to "GENERATION") to "SPAN",
                    mapOf(
                        "langfuse.observation.type" to "nonsense",
                        "openinference.span.kind" to "LLM",
                    ) to "GENERATION",
                    mapOf("openinference.span.kind" to "TOOL", "gen_ai.operation.name" to "chat") to "TOOL",
                    mapOf("openinference.span.kind" to "GUARDRAIL") to "GUARDRAIL",
                    mapOf("gen_ai.operation.name" to "chat") to "GENERATION",
                    mapOf("gen_ai.operation.name" to "embeddings") to "EMBEDDING",
                    mapOf("gen_ai.operation.name" to "invoke_agent") to "AGENT",
                    mapOf("gen_ai.operation.name" to "execute_tool") to "TOOL",
                    mapOf("gen_ai.tool.call.id" to "1", "gen_ai.request.model" to "m") to "TOOL",
                    mapOf("langfuse.observation.model.name" to "m") to "GENERATION",
                    mapOf("gen_ai.request.model" to "m") to "GENERATION",
                    mapOf("gen_ai.response.model" to "m") to "GENERATION",
                    mapOf("llm.model_name" to "m") to "GENERATION",
                    mapOf("model" to "m") to "GENERATION",
                ),
            ) { (attributes, type) -> observationOf(attributes).type() shouldBe type }
        }

        context("level, with its aliases") {
            withData<Pair<String, String>>(
                { (sent, level) -> "$sent is $level" },
                listOf(
                    "DEBUG" to "DEBUG",
                    "trace" to "DEBUG",
                    "Verbose" to "DEBUG",
                    "DEFAULT" to "DEFAULT",
                    "info" to "DEFAULT",
                    "log" to "DEFAULT",
                    "notice" to "DEFAULT",
                    "ok" to "DEFAULT",
                    "success" to "DEFAULT",
                    " warn " to "WARNING",
                    "WARNING" to "WARNING",
                    "error" to "ERROR",
                    "fatal" to "ERROR",
                    "critical" to "ERROR",
                    "nonsense" to "DEFAULT",
                ),
            ) { (sent, level) -> observationOf(mapOf("langfuse.observation.level" to sent)).level() shouldBe level }
        }

        test("the OpenTelemetry status decides only where the observation says nothing") {
            val failed = StatusCode.STATUS_CODE_ERROR
            observationOf(emptyMap(), status = failed, statusMessage = "boom").let {
                it.level() shouldBe "ERROR"
                it.statusMessage() shouldBe "boom"
                it.otelStatus() shouldBe "ERROR"
            }
            val own = mapOf("langfuse.observation.level" to "WARNING", "langfuse.observation.status_message" to "mine")
            observationOf(own, status = failed, statusMessage = "boom").let {
                it.level() shouldBe "WARNING"
                it.statusMessage() shouldBe "mine"
            }
            observationOf(mapOf("langfuse.observation.level" to "nonsense"), status = failed).level() shouldBe "ERROR"
            observationOf(emptyMap(), status = StatusCode.STATUS_CODE_OK).otelStatus() shouldBe "OK"
            observationOf(emptyMap()).statusMessage().shouldBeNull()
        }

        test("input and output come from one convention, Langfuse's first, verbatim") {
            val genAi = mapOf("gen_ai.input.messages" to "gi", "gen_ai.output.messages" to "go")
            val values = genAi + mapOf("input.value" to "vi", "output.value" to "vo")
            observationOf(values + ("langfuse.observation.input" to """{ "a":1 }""")).let {
                it.input() shouldBe """{ "a":1 }"""
                it.output().shouldBeNull()
            }
            observationOf(values).output() shouldBe "vo"
            observationOf(genAi).input() shouldBe "gi"
            observationOf(mapOf("input" to listOf("x", 1L))).input() shouldBe """["x",1]"""
            observationOf(mapOf("langfuse.trace.input" to "ignored")).input().shouldBeNull()
            observationOf(mapOf("langfuse.observation.input" to "")).input() shouldBe ""
        }

        test("model, by precedence") {
            val keys =
                listOf(
                    "langfuse.observation.model.name",
                    "gen_ai.response.model",
                    "gen_ai.request.model",
                    "llm.response.model",
                    "llm.model_name",
                    "model",
                )
            keys.indices.forEach { i -> observationOf(keys.drop(i).associateWith { it }).model() shouldBe keys[i] }
        }

        test("model parameters: one object, else single attributes") {
            val single = mapOf("gen_ai.request.temperature" to 0.5, "gen_ai.request.model" to "m")
            observationOf(
                single + ("langfuse.observation.model.parameters" to """{"t":0.7,"s":"x","b":true,"n":null}"""),
            )
                .modelParameters() shouldBe mapOf("t" to "0.7", "s" to "x", "b" to "true", "n" to "null")
            observationOf(single).modelParameters() shouldBe mapOf("temperature" to "0.5")
            observationOf(single + ("llm.invocation_parameters" to """{"top_p":1}"""))
                .modelParameters() shouldBe mapOf("top_p" to "1")
        }

        context("completion start time") {
            val instant = Instant.parse("2025-10-01T08:45:26.112648Z")
            withData<Pair<String, Instant?>>(
                { (sent, read) -> "$sent is $read" },
                listOf(
                    "\"2025-10-01T08:45:26.112648Z\"" to instant,
                    "2025-10-01T08:45:26.112648Z" to instant,
                    "2025-10-01T10:45:26.112648+02:00" to instant,
                    "yesterday" to null,
                ),
            ) { (sent, read) ->
                observationOf(
                    mapOf("langfuse.observation.completion_start_time" to sent),
                ).completionStartTime() shouldBe
                    read
            }
        }

        test("a prompt is linked to generations only") {
            val prompt = mapOf("langfuse.observation.prompt.name" to "p", "langfuse.observation.prompt.version" to 3L)
            observationOf(prompt + ("langfuse.observation.type" to "generation")).let {
                it.promptName() shouldBe "p"
                it.promptVersion() shouldBe 3
            }
            observationOf(prompt + ("langfuse.observation.type" to "embedding")).let {
                it.promptName().shouldBeNull()
                it.promptVersion().shouldBeNull()
            }
        }

        test("a span that names a tool is renamed to it") {
            observationOf(mapOf("gen_ai.tool.name" to "search")).name() shouldBe "search"
            observationOf(emptyMap()).name() shouldBe "span"
        }

        test("agent spans are not billed for the calls below them") {
            observationOf(
                mapOf(
                    "gen_ai.operation.name" to "invoke_agent",
                    "langfuse.observation.model.name" to "m",
                    "langfuse.observation.usage_details" to """{"input":1}""",
                    "langfuse.observation.cost_details" to """{"input":1}""",
                ),
            ).let {
                it.model().shouldBeNull()
                it.usage() shouldBe emptyMap()
                it.cost() shouldBe emptyMap()
            }
        }

        test("collections of an observation cannot be changed") {
            val observation = observationOf(mapOf("langfuse.observation.metadata.k" to "v"))
            shouldThrow<UnsupportedOperationException> { observation.metadata()["k"] = "w" }
            shouldThrow<UnsupportedOperationException> { observation.attributes().clear() }
        }
    })
