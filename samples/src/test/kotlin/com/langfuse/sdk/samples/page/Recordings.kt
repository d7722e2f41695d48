package com.langfuse.sdk.samples.page

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.Observation
import com.langfuse.sdk.ObservationLevel
import com.langfuse.sdk.ObservationType
import com.langfuse.sdk.ObservationType.AGENT
import com.langfuse.sdk.ObservationType.CHAIN
import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.ObservationType.RETRIEVER
import com.langfuse.sdk.ObservationType.TOOL
import com.langfuse.sdk.PromptReference
import com.langfuse.sdk.media.LangfuseMedia
import com.langfuse.sdk.score.Score
import java.awt.Color
import java.awt.GradientPaint
import java.awt.image.BufferedImage
import java.io.ByteArrayOutputStream
import java.time.Instant
import javax.imageio.ImageIO

/** Traces as programs leave them, to be looked at. */
class Recordings(private val langfuse: Langfuse, private val now: Instant = Instant.now().minusSeconds(60)) {
    private fun <O : Observation> at(
        from: Long,
        to: Long,
        name: String,
        type: ObservationType<O>,
        parent: Observation? = null,
        fill: (O) -> Unit = {},
    ): O {
        val builder = parent?.observation(name, type) ?: langfuse.observation(name, type)
        val observation = builder.startTime(now.plusMillis(from)).start()
        fill(observation)
        observation.end(now.plusMillis(to))
        return observation
    }

    /** A visitor shows a photo; an agent looks the opening hours up, and answers. */
    fun agent(failing: Boolean = false): Observation =
        langfuse.propagate().userId("u-maria").sessionId("chat-2041").tags("support", "beta").makeCurrent().use {
            val question = "What is on this photo, and is the tower open on Saturday?"
            val answer = "The lens of the old tower. It is open on Saturday from 10:00 to 16:30.\n\nMind the 196 steps."
            val asked =
                listOf(
                    mapOf("role" to "system", "content" to "You are the museum's assistant. Look things up."),
                    mapOf(
                        "role" to "user",
                        "content" to
                            listOf(
                                mapOf("type" to "text", "text" to question),
                                mapOf("type" to "image_url", "image_url" to mapOf("url" to photo())),
                            ),
                    ),
                )
            val function = mapOf("name" to "opening_hours", "arguments" to """{"day":"saturday","month":11}""")
            val call =
                mapOf(
                    "role" to "assistant",
                    "content" to null,
                    "tool_calls" to listOf(mapOf("id" to "call_8Yt1", "type" to "function", "function" to function)),
                )
            val hours = """{"open":true,"from":"10:00","to":"16:30","notes":["last entry 16:00","196 steps"]}"""
            val result = mapOf("role" to "tool", "tool_call_id" to "call_8Yt1", "content" to hours)

            val agent =
                at(0, 4_200, "handle-question", AGENT) { agent ->
                    agent.input(mapOf("question" to question)).output(answer).scoreTrace(Score.bool("helpful", true))
                    at(20, 1_330, "plan", GENERATION, agent) {
                        it.model("gpt-5-mini").input(asked).output(call)
                        it.usageDetails(mapOf("input" to 1210, "output" to 42)).completionStartTime(now.plusMillis(420))
                    }
                    at(1_360, 1_740, "opening_hours", TOOL, agent) {
                        it.input(function).output(hours).metadata("source", "calendar")
                    }
                    at(1_400, 2_010, "search-handbook", RETRIEVER, agent) {
                        it.input("photo of a lens").output(listOf(mapOf("file" to "lens.txt", "score" to 3.21)))
                        if (failing) it.level(ObservationLevel.WARNING).statusMessage("retried once: 503")
                    }
                    at(2_050, 4_050, "compose", CHAIN, agent) { chain ->
                        at(2_060, 3_910, "write-answer", GENERATION, chain) {
                            it.model("gpt-5").modelParameters(mapOf("temperature" to 0.2)).input(asked + call + result)
                            it.usageDetails(mapOf("input" to 1640, "output" to 88, "output_reasoning_tokens" to 64))
                            it.costDetails(mapOf("input" to 0.00205, "output" to 0.00152))
                            it.completionStartTime(now.plusMillis(2_700)).prompt(PromptReference("answer", 7))
                            it.score(Score.numeric("relevance", 0.93).comment("judged by hand"))
                            if (failing) {
                                it.level(ObservationLevel.ERROR).statusMessage("429 Too Many Requests")
                            } else {
                                it.output(mapOf("role" to "assistant", "content" to answer))
                            }
                        }
                    }
                }
            agent
        }

    /** One trace of that many observations, of which the first are each below the one before. */
    fun large(observations: Int, depth: Int): Observation {
        val types = listOf(TOOL, CHAIN, RETRIEVER, AGENT)
        return at(0, 20L * observations, "root", CHAIN) { root ->
            var parent: Observation = root
            for (i in 1 until observations) {
                val step = at(20L * i, 20L * i + 400, "step $i", types[i % types.size], parent)
                parent = if (i < depth) step else root
            }
        }
    }

    fun many(traces: Int) =
        repeat(traces) { i ->
            at(-10L * i, -10L * i + 500 + i % 900, "request $i", CHAIN) { it.input("question $i") }
        }

    private fun photo(): LangfuseMedia {
        val image = BufferedImage(320, 200, BufferedImage.TYPE_INT_RGB)
        image.createGraphics().run {
            paint = GradientPaint(0f, 0f, Color(0x28, 0x46, 0xBE), 320f, 200f, Color(0xBE, 0xA0, 0x6E))
            fillRect(0, 0, 320, 200)
            dispose()
        }
        val bytes = ByteArrayOutputStream().also { ImageIO.write(image, "png", it) }.toByteArray()
        return LangfuseMedia.of(bytes, "image/png")
    }
}
