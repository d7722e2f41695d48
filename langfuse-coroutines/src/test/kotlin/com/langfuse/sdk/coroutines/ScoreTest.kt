package com.langfuse.sdk.coroutines

import com.langfuse.sdk.Observation
import com.langfuse.sdk.score.Score
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.withContext
import kotlinx.coroutines.yield

class ScoreTest :
    FunSpec({
        test("the observation of a suspend block can be judged from anywhere below, on any thread") {
            withLangfuse { local, langfuse ->
                val expected =
                    langfuse.observation("batch") { batch ->
                        (1..20)
                            .map { index ->
                                async(Dispatchers.Default) {
                                    langfuse.observation("item") { item ->
                                        yield()
                                        withContext(Dispatchers.IO) {
                                            Observation.current().score("item-$index", index.toDouble())
                                        }
                                        Triple("item-$index", item.traceId(), item.id())
                                    }
                                }
                            }.awaitAll()
                            .plus(Triple("batch", batch.traceId(), null))
                            .also { Observation.current().scoreTrace(Score.bool("batch", true)) }
                    }
                langfuse.flush(DEADLINE).scores().exported() shouldBe 21
                local.scores().map { Triple(it.name, it.traceId, it.observationId) } shouldContainExactlyInAnyOrder
                    expected
            }
        }
    })
