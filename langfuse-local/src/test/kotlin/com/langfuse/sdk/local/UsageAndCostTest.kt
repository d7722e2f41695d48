package com.langfuse.sdk.local

import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.shouldBe

class UsageAndCostTest :
    FunSpec({

        fun usageOf(json: String) = observationOf(mapOf("langfuse.observation.usage_details" to json))

        context("usage details") {
            withData<Pair<String, Map<String, Long>>>(
                { (sent, usage) -> "$sent is $usage" },
                listOf(
                    """{"input":12,"output":34}""" to mapOf("input" to 12, "output" to 34),
                    """{"input":"12","output":12.0}""" to mapOf("input" to 12, "output" to 12),
                    """{"a":-1,"b":1.5,"c":{"d":1},"e":"x","f":null,"g":true,"h":0}""" to mapOf("h" to 0),
                    """[1]""" to emptyMap(),
                    """12""" to emptyMap(),
                    """
                    {"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,
                     "prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":7}}
                    """.trimIndent() to
                        mapOf(
                            "input" to 6,
                            "output" to 0,
                            "total" to 15,
                            "input_cached_tokens" to 4,
                            "output_reasoning_tokens" to 7,
                        ),
                    """{"input_tokens":10,"output_tokens":5,"total_tokens":15,"input_tokens_details":null}""" to
                        mapOf("input" to 10, "output" to 5, "total" to 15),
                    """{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"cost":1}""" to
                        mapOf("prompt_tokens" to 10, "completion_tokens" to 5, "total_tokens" to 15, "cost" to 1),
                    """{"prompt_tokens":10,"total_tokens":10}""" to mapOf("prompt_tokens" to 10, "total_tokens" to 10),
                ),
            ) { (sent, usage) -> usageOf(sent).usage() shouldBe usage }
        }

        test("usage that is no JSON, or absent, falls back to the conventions of OpenTelemetry") {
            val genAi =
                mapOf("gen_ai.usage.input_tokens" to 3L, "gen_ai.usage.output_tokens" to 4L, "gen_ai.usage.cost" to 0.5)
            observationOf(genAi).usage() shouldBe mapOf("input" to 3, "output" to 4)
            observationOf(genAi + ("langfuse.observation.usage_details" to "{broken")).usage() shouldBe
                mapOf("input" to 3, "output" to 4)
            observationOf(genAi + ("langfuse.observation.usage_details" to "[]")).usage() shouldBe emptyMap()
            observationOf(mapOf("llm.token_count.prompt" to 3L, "llm.token_count.completion" to 4L)).usage() shouldBe
                mapOf("input" to 3, "output" to 4)
        }

        test("the total is the one sent, else the sum") {
            usageOf("""{"input":12,"output":34,"total":50}""").totalTokens() shouldBe 50
            usageOf("""{"input":12,"output":34}""").totalTokens() shouldBe 46
        }

        test("input and output are the sums of all buckets with these words in their names, as Langfuse sums them") {
            usageOf(
                """{"input":1,"input_cached_tokens":2,"cache_read_input_tokens":4,"text.input_tokens":8,
                "INPUT_AUDIO":16,"output":32,"reasoning_output_tokens":64,"reasoning_tokens":128,"total":500}""",
            ).let {
                it.inputTokens() shouldBe 31
                it.outputTokens() shouldBe 96
                it.totalTokens() shouldBe 500
            }
        }

        test("cost in US dollars, by bucket") {
            observationOf(
                mapOf("langfuse.observation.cost_details" to """{"input":0.1,"total":1,"bad":-1,"text":"1"}"""),
            )
                .cost() shouldBe mapOf("input" to 0.1, "total" to 1.0)
            observationOf(mapOf("gen_ai.usage.cost" to 0.25)).cost() shouldBe mapOf("total" to 0.25)
            observationOf(mapOf("llm.cost.total" to "0.5")).cost() shouldBe mapOf("total" to 0.5)
            observationOf(mapOf("llm.cost.total" to "dear")).cost() shouldBe emptyMap()
        }
    })
