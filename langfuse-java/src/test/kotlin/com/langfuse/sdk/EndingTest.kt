package com.langfuse.sdk

import com.langfuse.sdk.local.LocalObservation
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.throwables.shouldThrowAny
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import io.opentelemetry.api.trace.SpanId
import java.io.IOException
import java.util.concurrent.CancellationException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionException
import java.util.concurrent.ExecutionException
import java.util.concurrent.TimeUnit

/** However a block is left, its observation ends once and says how. */
class EndingTest :
    FunSpec({
        fun received(block: (Langfuse) -> Unit): Map<String, LocalObservation> =
            withLangfuse { local, langfuse ->
                block(langfuse)
                langfuse.flush(DEADLINE).isComplete shouldBe true
                local.observations().associateBy { it.name }
            }

        test("an exception marks exactly the observations it leaves, and stays the same instance") {
            val thrown = IOException("rate limited")
            val observations =
                received { langfuse ->
                    langfuse.observation("survivor").block {
                        val caught =
                            shouldThrow<IOException> {
                                langfuse.observation("left").block {
                                    langfuse.observation("thrower").block { throw thrown }
                                }
                            }
                        caught shouldBeSameInstanceAs thrown
                        langfuse.observation("bystander").block { }
                    }
                }
            listOf("thrower", "left").forEach {
                val observation = observations.getValue(it)
                observation.level shouldBe "ERROR"
                observation.statusMessage shouldBe "rate limited"
                observation.otelStatus shouldBe "ERROR"
                observation.events.single().name shouldBe "exception"
                observation.events.single().attributes["exception.type"] shouldBe "java.io.IOException"
            }
            listOf("survivor", "bystander").forEach {
                val observation = observations.getValue(it)
                observation.level shouldBe "DEFAULT"
                observation.statusMessage.shouldBeNull()
                observation.otelStatus shouldBe "UNSET"
                observation.events.shouldBeEmpty()
            }
        }

        test("an Error is a failure too, and one without a message is named by its type") {
            val thrown = StackOverflowError()
            val observation =
                received { langfuse ->
                    shouldThrowAny { langfuse.observation("a").block { throw thrown } } shouldBeSameInstanceAs thrown
                }.getValue("a")
            observation.level shouldBe "ERROR"
            observation.statusMessage shouldBe "StackOverflowError"
        }

        listOf(CancellationException("user went away"), InterruptedException("user went away")).forEach { thrown ->
            test("${thrown.javaClass.simpleName} is a warning, never an error") {
                val observation =
                    received { langfuse ->
                        shouldThrowAny { langfuse.observation("a").block { throw thrown } } shouldBeSameInstanceAs
                            thrown
                    }.getValue("a")
                observation.level shouldBe "WARNING"
                observation.statusMessage shouldBe "user went away"
                observation.otelStatus shouldBe "UNSET"
                observation.events.shouldBeEmpty()
            }
        }

        test("a level ERROR with a message of the user's own stays") {
            val observation =
                received { langfuse ->
                    shouldThrowAny {
                        langfuse.observation("a").block {
                            it.level(ObservationLevel.ERROR).statusMessage("my words")
                            throw IOException("their words")
                        }
                    }
                }.getValue("a")
            observation.level shouldBe "ERROR"
            observation.statusMessage shouldBe "my words"
        }

        test("an exception whose getMessage throws is recorded by its type, and leaves as it is") {
            class Hostile : RuntimeException() {
                override val message: String get() = error("no message for you")
            }
            val thrown = Hostile()
            val observation =
                received { langfuse ->
                    shouldThrow<Hostile> { langfuse.observation("a").block { throw thrown } } shouldBeSameInstanceAs
                        thrown
                }.getValue("a")
            observation.level shouldBe "ERROR"
            observation.statusMessage shouldBe "Hostile"
        }

        test("callAsync: current while the block runs, ended when the stage completes, before the caller goes on") {
            val later = CompletableFuture<String>()
            val observations =
                received { langfuse ->
                    val result =
                        langfuse.observation("async").callAsync { observation ->
                            Observation.current().id() shouldBe observation.id()
                            later.thenApply { value -> "$value!".also { observation.output(value) } }
                        }
                    Observation.current().id() shouldBe SpanId.getInvalid()
                    langfuse.flush(DEADLINE).exported() shouldBe 0
                    later.complete("value")
                    result.join() shouldBe "value!"
                    langfuse.flush(DEADLINE).exported() shouldBe 1
                }
            observations.getValue("async").output shouldBe "value"
        }

        test("callAsync: a failed stage is an ERROR with the cause's message, the same instance arrives") {
            val thrown = IOException("broken")
            val observations =
                received { langfuse ->
                    val direct = langfuse.observation("direct").callAsync {
                        CompletableFuture.failedFuture<String>(thrown)
                    }
                    shouldThrow<ExecutionException> { direct.get() }.cause shouldBeSameInstanceAs thrown
                    val wrapped = langfuse.observation("wrapped").callAsync {
                        CompletableFuture.failedFuture<String>(CompletionException(thrown))
                    }
                    shouldThrow<ExecutionException> { wrapped.get() }.cause shouldBeSameInstanceAs thrown
                    val sync =
                        shouldThrow<IOException> { langfuse.observation("sync").callAsync<String> { throw thrown } }
                    sync shouldBeSameInstanceAs thrown
                }
            listOf("direct", "wrapped", "sync").forEach {
                observations.getValue(it).level shouldBe "ERROR"
                observations.getValue(it).statusMessage shouldBe "broken"
            }
        }

        test("callAsync: cancelling the result cancels the stage, and is a warning") {
            val stage = CompletableFuture<String>()
            val observation =
                received { langfuse ->
                    langfuse.observation("async").callAsync { stage }.cancel(true)
                    stage.isCancelled shouldBe true
                }.getValue("async")
            observation.level shouldBe "WARNING"
            observation.statusMessage shouldBe "cancelled"
        }

        test("callAsync: a caller who gives up first ends the observation") {
            val observations =
                received { langfuse ->
                    val late = langfuse.observation("late").callAsync {
                        CompletableFuture<String>()
                    }.orTimeout(10, TimeUnit.MILLISECONDS)
                    shouldThrow<ExecutionException> { late.get() }
                    langfuse.observation("minimal").callAsync {
                        CompletableFuture<String>().minimalCompletionStage()
                    }.cancel(true)
                }
            observations.getValue("late").level shouldBe "ERROR"
            observations.getValue("late").statusMessage shouldBe "TimeoutException"
            observations.getValue("minimal").level shouldBe "WARNING"
        }
    })
