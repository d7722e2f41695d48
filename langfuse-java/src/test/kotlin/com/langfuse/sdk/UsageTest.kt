package com.langfuse.sdk

import com.langfuse.sdk.ObservationType.GENERATION
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.doubles.plusOrMinus
import io.kotest.matchers.shouldBe

/** Prices as Langfuse's default list has them, in dollars per million; a bucket that is not in it is free. */
private val PRICES =
    mapOf(
        "gpt-4o" to mapOf("input" to 2.5, "input_cached_tokens" to 1.25, "output" to 10.0),
        "gpt-5" to
            mapOf(
                "input" to 1.25,
                "input_cached_tokens" to 0.125,
                "output" to 10.0,
                "output_reasoning_tokens" to 10.0,
            ),
        "o3-mini" to
            mapOf(
                "input" to 1.1,
                "input_cached_tokens" to 0.55,
                "output" to 4.4,
                "output_reasoning_tokens" to 4.4,
            ),
        "gemini-2.5-pro" to
            mapOf(
                "input" to 1.25,
                "input_cached_tokens" to 0.125,
                "output" to 10.0,
                "output_reasoning_tokens" to 10.0,
            ),
        "claude-sonnet-4-5-20250929" to
            mapOf(
                "input" to 3.0,
                "input_cached_tokens" to 0.3,
                "input_cache_creation" to 3.75,
                "output" to 15.0,
            ),
        "gpt-4.1" to mapOf("input" to 2.0, "input_cached_tokens" to 0.5, "output" to 8.0),
        "gpt-5-pro" to mapOf("input" to 15.0, "output" to 120.0, "output_reasoning_tokens" to 120.0),
        "gemini-2.0-flash" to mapOf("input" to 0.1, "output" to 0.4),
        "gpt-4o-audio-preview" to
            mapOf(
                "input_text_tokens" to 2.5,
                "output_text_tokens" to 10.0,
                "input_audio_tokens" to 100.0,
                "output_audio_tokens" to 200.0,
            ),
    )

private fun costOf(
    model: String,
    usage: Map<String, Long>,
): Double =
    usage.entries.sumOf { (bucket, units) -> units * (PRICES.getValue(model)[bucket] ?: 0.0) } / 1_000_000

/** What arrives of the usage of a generation that the block records on. */
private fun sent(record: (Generation) -> Unit): Map<String, Long> =
    observationOf { langfuse ->
        val generation = langfuse.observation("chat", GENERATION).start()
        record(generation)
        generation.end()
    }.usage

class UsageTest :
    FunSpec({
        val openAi = Usage.input(1_000).includingCached(800).output(500).includingReasoning(200)
        val gemini = Usage.input(1_000).includingCached(800).output(300).plusReasoning(200)

        val costs =
            mapOf(
                "gpt-4o" to 0.0065,
                "gpt-5" to 0.00535,
                "o3-mini" to 0.00286,
                "gemini-2.5-pro" to 0.00535,
                "claude-sonnet-4-5-20250929" to 0.00834,
                "gpt-4.1" to 0.0048,
                "gpt-5-pro" to 0.075,
                "gemini-2.0-flash" to 0.0003,
            )

        costs.forEach { (model, cost) ->
            test(
                "1,000 tokens in, 800 of them cached, and 500 out, 200 of them reasoning, cost the right sum on $model",
            ) {
                for (usage in listOf(openAi, gemini)) {
                    withClue("model before usage") {
                        costOf(model, sent { it.model(model).usageDetails(usage) }) shouldBe (cost plusOrMinus 1e-12)
                    }
                    withClue("model after usage") {
                        costOf(model, sent { it.usageDetails(usage).model(model) }) shouldBe (cost plusOrMinus 1e-12)
                    }
                    withClue("another model after usage") {
                        costOf(model, sent { it.model("gpt-5").usageDetails(usage).model(model) }) shouldBe
                            (cost plusOrMinus 1e-12)
                    }
                }
            }
        }

        test("reasoning tokens are a bucket of their own where the model has a price for it, else part of the output") {
            val split = mapOf(
                "input" to 200L,
                "input_cached_tokens" to 800L,
                "output" to 300L,
                "output_reasoning_tokens" to 200L,
            )
            val whole = mapOf("input" to 200L, "input_cached_tokens" to 800L, "output" to 500L)
            for (usage in listOf(openAi, gemini)) {
                sent { it.model("gpt-5").usageDetails(usage) } shouldBe split
                sent { it.model("openai/o3-2025-04-16").usageDetails(usage) } shouldBe split
                sent { it.model("gpt-4o").usageDetails(usage) } shouldBe whole
                sent { it.model("gpt-5-of-our-own").usageDetails(usage) } shouldBe whole
                sent { it.usageDetails(usage) } shouldBe whole
                usage.asMap() shouldBe whole
            }
        }

        test("Anthropic's counts, which stand beside each other, cost the right sum") {
            val usage = Usage.input(100).plusCached(300).plusCacheCreation(200).output(50)
            costOf("claude-sonnet-4-5-20250929", sent { it.usageDetails(usage) }) shouldBe (0.00189 plusOrMinus 1e-12)
        }

        test("text, sound and pictures have buckets of their own") {
            val usage = Usage.none().inputText(80).inputAudio(20).outputText(40).outputAudio(10)
            costOf("gpt-4o-audio-preview", sent { it.usageDetails(usage) }) shouldBe (0.0046 plusOrMinus 1e-12)
            Usage.none().inputImage(3).outputImage(4).asMap() shouldBe
                mapOf("input_image_tokens" to 3L, "output_image_tokens" to 4L)
        }

        test("input and output are named, in either form") {
            Usage.input(12).output(2) shouldBe Usage.of(12, 2)
            Usage.of(12, 2).asMap() shouldBe mapOf("input" to 12L, "output" to 2L)
        }

        test("steps may come in any order, and a later one replaces an earlier one") {
            val backwards = Usage.none().includingReasoning(200).output(500).includingCached(800).with("input", 1_000)
            backwards.asMap() shouldBe openAi.asMap()
            openAi.includingCached(100).asMap().getValue("input") shouldBe 900
            openAi.plusCached(100).asMap() shouldBe
                mapOf("input" to 1_000L, "input_cached_tokens" to 100L, "output" to 500L)
            openAi.includingCached(0).asMap() shouldBe mapOf("input" to 1_000L, "output" to 500L)
        }

        test("a part that is larger than its total counts whole, and nothing below zero") {
            Usage.input(100).includingCached(300).output(50).includingReasoning(70).asMap() shouldBe
                mapOf("input" to 0L, "input_cached_tokens" to 300L, "output" to 70L)
            Usage.of(-1, 5).includingCached(-2).plusReasoning(-3).asMap() shouldBe mapOf("output" to 5L)
            Usage.of(Long.MAX_VALUE, Long.MAX_VALUE).plusReasoning(1).asMap().getValue("output") shouldBe Long.MAX_VALUE
        }

        test("a bucket that is named explicitly is sent as it is, whatever the model") {
            val usage = Usage.of(1, 2).with(Usage.OUTPUT_REASONING, 3)
            sent { it.model("gpt-4o").usageDetails(usage) } shouldBe
                mapOf("input" to 1L, "output" to 2L, "output_reasoning_tokens" to 3L)
        }

        test("no tokens at all are sent as such, so that Langfuse counts none") {
            observationOf { langfuse ->
                langfuse.observation("failed", GENERATION).start().usageDetails(Usage.none()).end()
            }.attributes["langfuse.observation.usage_details"] shouldBe "{}"
        }

        test("a later map of buckets is not replaced when the model becomes known") {
            sent { it.usageDetails(openAi).usageDetails(mapOf("input" to 7)).model("gpt-5") } shouldBe
                mapOf("input" to 7L)
        }
    })
