package com.langfuse.sdk.score

import com.langfuse.sdk.DEADLINE
import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.Observation
import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.apmProvider
import com.langfuse.sdk.bareBuilder
import com.langfuse.sdk.block
import com.langfuse.sdk.client
import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.warningsOf
import com.langfuse.sdk.withLangfuse
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.opentelemetry.sdk.trace.SdkTracerProvider
import io.opentelemetry.sdk.trace.samplers.Sampler
import java.io.File
import java.util.UUID

/** Scores of observations and traces, and what they have from them: ids, environment, sampling. */
class ObservationScoreTest :
    FunSpec({
        test("an observation's score belongs to it, a trace's score to the trace, and both can be chained") {
            withLangfuse { local, langfuse ->
                val generation = langfuse.observation("a", GENERATION).start()
                generation
                    .score("relevance", 0.5)
                    .score(Score.bool("helpful", true).comment("thumbs up"))
                    .scoreTrace(Score.categorical("tone", "friendly"))
                    .model("m")
                    .end()
                langfuse.flush(DEADLINE).let {
                    it.observations().exported() shouldBe 1
                    it.scores().exported() shouldBe 3
                    it.isComplete shouldBe true
                    it.toString() shouldContain "scores: 3 exported"
                }
                local.scores().map { listOf(it.name, it.traceId, it.observationId) } shouldContainExactly
                    listOf(
                        listOf("relevance", generation.traceId(), generation.id()),
                        listOf("helpful", generation.traceId(), generation.id()),
                        listOf("tone", generation.traceId(), null),
                    )
                langfuse.delivery().scores().exported() shouldBe 3
            }
        }

        test("the observation says what is judged, even where the score named another one") {
            withLangfuse { local, langfuse ->
                val score = Score.numeric("a", 1.0).observation("t", "o")
                val observation = langfuse.observation("a").start()
                observation.score(score).scoreTrace(score).end()
                langfuse.flush(DEADLINE).isComplete shouldBe true
                local.scores().map { it.traceId to it.observationId } shouldContainExactly
                    listOf(observation.traceId() to observation.id(), observation.traceId() to null)
                warningsOf { observation.score(score.session("s")) }.single() shouldContain "several things"
                langfuse.flush(DEADLINE).scores().failed() shouldBe 1
            }
        }

        test("an observation that has ended can still be judged, and null is no score") {
            withLangfuse { local, langfuse ->
                val observation = langfuse.observation("a").start()
                observation.end()
                observation.score("late", 1.0).score(null).scoreTrace(null)
                langfuse.flush(DEADLINE).scores().exported() shouldBe 1
                local.scores().single().observationId shouldBe observation.id()
            }
        }

        test("the current observation can be judged from anywhere below") {
            withLangfuse { local, langfuse ->
                val ids =
                    langfuse.observation("outer").block { outer ->
                        langfuse.observation("inner").block { inner ->
                            Observation.current().score("inner", 1.0).scoreTrace(Score.bool("trace", true))
                            listOf(outer.traceId(), inner.id())
                        }
                    }
                langfuse.flush(DEADLINE).scores().exported() shouldBe 2
                local.scores().map { listOf(it.traceId, it.observationId) } shouldContainExactly
                    listOf(ids, listOf(ids[0], null))
            }
        }

        test("where nothing is current one warning says so, and nothing is sent") {
            val program =
                ProcessBuilder(
                    File(System.getProperty("java.home"), "bin/java").path,
                    "-cp",
                    System.getProperty("java.class.path"),
                    NothingCurrent::class.java.name,
                ).redirectErrorStream(true)
                    .start()
            val output = program.inputStream.readAllBytes().decodeToString()
            program.waitFor() shouldBe 0
            output.lines().single { "Score '" in it } shouldContain
                "Score 'a' is not sent: no observation is current here"
        }

        test("a disabled client says nothing about scores, not even about wrong ones") {
            listOf(
                bareBuilder().publicKey("pk").secretKey("sk").tracingEnabled(false),
                bareBuilder(),
            ).forEach { builder ->
                warningsOf {
                    val langfuse = builder.build()
                    langfuse.scores().create(Score.numeric("a", Double.NaN))
                    langfuse.observation("a").block { Observation.current().score("a", 1.0).scoreTrace(some("b")) }
                    langfuse.flush(DEADLINE).isComplete shouldBe true
                    langfuse.close()
                }.filter { "core" in it }.shouldBeEmpty()
            }
        }

        test("the environment is the score's own, else the observation's, else the client's") {
            fun environments(
                own: String?,
                block: (Langfuse) -> Unit,
            ) = withLangfuse({ own?.let { environment(it) } }) { local, langfuse ->
                block(langfuse)
                langfuse.flush(DEADLINE).isComplete shouldBe true
                local.scores().map { it.environment }
            }
            environments("client") { langfuse ->
                langfuse.observation("a").block { it.score("client", 1.0) }
                langfuse
                    .observation("a")
                    .environment("observation")
                    .block { it.score("a", 1.0).scoreTrace(Score.bool("a", true)) }
                langfuse.propagate().environment("scope").makeCurrent().use {
                    langfuse.observation("a").block { it.score("a", 1.0) }
                }
                langfuse.observation("a").environment("observation").block {
                    it.score(Score.bool("a", true).environment("score"))
                }
                langfuse.create(some("a"))
                langfuse.create(some("a").environment("score"))
            } shouldContainExactly
                listOf("client", "observation", "observation", "scope", "score", "client", "score")
            environments(null) { it.observation("a").block { a -> a.score("a", 1.0) } } shouldContainExactly
                listOf("default")
        }

        test("scores of an observation that is not sampled are left out with it, and are no loss") {
            withLangfuse({ sampleRate(0.0) }) { local, langfuse ->
                warningsOf {
                    langfuse.observation("a").block {
                        it.score("a", 1.0).scoreTrace(Score.numeric("b", Double.NaN))
                    }
                    langfuse.flush(DEADLINE).isComplete shouldBe true
                }.shouldBeEmpty()
                local.requests().shouldBeEmpty()
            }
        }

        test("scores by id are sampled as their trace was; what is no trace id of ours is always sent") {
            withLangfuse({ sampleRate(0.5) }) { local, langfuse ->
                val traces = (1..100).map { langfuse.observation("a").block { it.traceId()!! } }
                traces.forEach { langfuse.create(Score.bool("by id", true).trace(it)) }
                traces.forEach { langfuse.create(Score.bool("by upper case id", true).trace(it.uppercase())) }
                (1..50).forEach {
                    langfuse.create(Score.bool("free", true).trace(UUID.randomUUID().toString()))
                    langfuse.create(Score.bool("free", true).session("s-$it"))
                    langfuse.create(Score.bool("free", true).datasetRun("r-$it"))
                }
                langfuse.flush(DEADLINE).isComplete shouldBe true
                val sampled = local.observations().map { it.traceId }
                (sampled.size in 1..99) shouldBe true
                val scores = local.scores().groupBy({ it.name }, { it.traceId })
                scores["by id"]!! shouldContainExactlyInAnyOrder sampled
                scores["by upper case id"]!! shouldContainExactlyInAnyOrder sampled.map { it.uppercase() }
                scores["free"]!!.size shouldBe 150
            }
        }

        test("on a provider of the application's its sampler decides, and closing it delivers scores") {
            LocalLangfuse.start().use { local ->
                val builder =
                    bareBuilder()
                        .publicKey(local.publicKey())
                        .secretKey(local.secretKey())
                        .baseUrl(local.baseUrl().toString())
                        .environment("shared")
                        .sampleRate(0.0)
                val processor = builder.buildProcessor()
                SdkTracerProvider.builder().addSpanProcessor(processor).build().use { provider ->
                    val langfuse = builder.attachTo(provider, processor)
                    langfuse.observation("a").block { it.score("observation", 1.0) }
                    langfuse.create(some("by id"))
                    val span =
                        provider
                            .get("llm")
                            .spanBuilder("library")
                            .setAttribute("gen_ai.system", "x")
                            .startSpan()
                    span.setAttribute("langfuse.environment", "Not One")
                    langfuse.propagate().makeCurrent().use {
                        span.makeCurrent().use { Observation.current().score("library", 1.0) }
                    }
                    span.end()
                }
                local.scores().map { it.name to it.environment } shouldContainExactly
                    listOf("observation" to "shared", "by id" to "shared", "library" to "shared")
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
                        langfuse.observation("a").block { it.score("observation", 1.0) }
                        langfuse.flush(DEADLINE).isComplete shouldBe true
                        local.scores().shouldBeEmpty()
                    }
            }
        }

        test("an APM tool's unsampled span around it changes nothing") {
            apmProvider(Sampler.alwaysOff()).use { apm ->
                withLangfuse { local, langfuse ->
                    apm.get("apm").spanBuilder("request").startSpan().makeCurrent().use {
                        langfuse.observation("a").block { Observation.current().score("a", 1.0) }
                    }
                    langfuse.flush(DEADLINE).scores().exported() shouldBe 1
                    local.scores().single().traceId shouldBe local.observations().single().traceId
                }
            }
        }

        test("each client has its own scores") {
            LocalLangfuse.start().use { localA ->
                LocalLangfuse.start().use { localB ->
                    localA.client().use { a ->
                        localB.client().use { b ->
                            a.observation("a").block { inA ->
                                b.observation("b").block { inB ->
                                    inA.score("a", 1.0)
                                    inB.score("b", 1.0)
                                }
                            }
                        }
                    }
                    localA.scores().map { it.name } shouldContainExactly listOf("a")
                    localB.scores().map { it.name } shouldContainExactly listOf("b")
                }
            }
        }
    })

/** Of a process of its own: whoever needs this warning gets it once a minute. */
private object NothingCurrent {
    @JvmStatic
    fun main(arguments: Array<String>) {
        check(arguments.isEmpty())
        Observation
            .current()
            .score("a", 1.0)
            .score("a", 2.0)
            .scoreTrace(Score.bool("b", true))
    }
}
