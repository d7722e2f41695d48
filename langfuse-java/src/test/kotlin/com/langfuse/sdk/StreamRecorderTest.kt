package com.langfuse.sdk

import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.ObservationType.TOOL
import com.langfuse.sdk.internal.QuietLog
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldEndWith
import java.io.IOException
import java.util.concurrent.CancellationException
import java.util.concurrent.CyclicBarrier
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit

/** Pieces by callback make one output and one end. */
class StreamRecorderTest :
    FunSpec({
        fun recorded(block: (Generation, StreamRecorder) -> Unit) =
            observationOf { langfuse ->
                val generation = langfuse.observation("chat", GENERATION).start()
                block(generation, StreamRecorder.on(generation))
            }

        test("texts are joined, the first one is the completion start, usage is kept") {
            val observation =
                recorded { _, recorder ->
                    recorder.accept("Hel")
                    recorder.accept(StringBuilder("lo"))
                    recorder.usage(Usage.of(3, 2))
                    recorder.complete()
                }
            observation.output shouldBe "Hello"
            observation.usage shouldBe mapOf("input" to 3L, "output" to 2L)
            observation.completionStartTime.shouldNotBeNull() shouldBeGreaterThanOrEqualTo observation.startTime
            observation.shouldBeFine()
        }

        test("the first piece may be worth nothing but its time") {
            val observation =
                recorded { _, recorder ->
                    recorder.begin()
                    recorder.complete()
                }
            observation.completionStartTime.shouldNotBeNull()
            observation.output.shouldBeNull()
        }

        test("any observation's pieces can be recorded; only models have a completion start and usage") {
            val observation =
                observationOf { langfuse ->
                    val recorder = StreamRecorder.on(langfuse.observation("tool", TOOL).start())
                    recorder.accept("a")
                    recorder.usage(Usage.of(1, 1))
                    recorder.accept("b")
                    recorder.complete()
                }
            observation.output shouldBe "ab"
            observation.completionStartTime.shouldBeNull()
            observation.usage shouldBe emptyMap()
        }

        test("a buffer that is used again does not change what it said") {
            recorded { _, recorder ->
                val buffer = StringBuilder("a")
                recorder.accept(buffer)
                buffer.setCharAt(0, 'b')
                recorder.accept(buffer)
                recorder.complete()
            }.output shouldBe "ab"
        }

        test("other pieces make a list") {
            recorded { _, recorder ->
                recorder.accept("text")
                recorder.accept(mapOf("tool" to "search"))
                recorder.accept(1)
                recorder.complete()
            }.output shouldBe """["text",{"tool":"search"},1]"""
        }

        test("without pieces the output is as it was set, and nothing has started") {
            val observation =
                recorded { generation, recorder ->
                    generation.output("own")
                    recorder.complete()
                }
            observation.output shouldBe "own"
            observation.completionStartTime.shouldBeNull()
        }

        test("a failure is an ERROR, a cancellation a WARNING, both with what came") {
            val failed =
                recorded { _, recorder ->
                    recorder.accept("a")
                    recorder.fail(IOException("broken"))
                }
            failed shouldBeError "broken"
            failed.output shouldBe "a"
            val cancelled =
                recorded { _, recorder ->
                    recorder.accept("a")
                    recorder.cancel()
                }
            cancelled shouldBeWarning "cancelled"
            cancelled.output shouldBe "a"
            recorded { _, recorder -> recorder.fail(CancellationException("gone")) } shouldBeWarning "gone"
        }

        test("after the end everything is ignored") {
            val observation =
                recorded { _, recorder ->
                    recorder.accept("a")
                    recorder.complete()
                    recorder.accept("b")
                    recorder.usage(Usage.of(1, 1))
                    recorder.fail(IOException("late"))
                    recorder.cancel()
                    recorder.complete()
                }
            observation.output shouldBe "a"
            observation.usage shouldBe emptyMap()
            observation.shouldBeFine()
        }

        test("null is nothing to say, and a failure without a word is still one") {
            val observation =
                recorded { _, recorder ->
                    recorder.accept(null)
                    recorder.usage(null)
                    recorder.fail(null)
                }
            observation.level shouldBe "ERROR"
            observation.statusMessage shouldBe "failed"
            observation.completionStartTime.shouldBeNull()
            observation.output.shouldBeNull()
            StreamRecorder.on(null).apply { accept("a") }.complete()
        }

        test("a piece that cannot be read costs itself") {
            val hostile =
                object : CharSequence by "x" {
                    override fun toString(): String = error("unreadable")
                }
            recorded { _, recorder ->
                recorder.accept("a")
                recorder.accept(hostile)
                recorder.complete()
            }.output shouldBe "a<not readable: IllegalStateException>"
        }

        test("a million characters are kept, then it is cut, never within a character") {
            val long =
                recorded { _, recorder ->
                    repeat(20_000) { recorder.accept("x".repeat(49)) }
                    recorder.accept("x".repeat(19_999) + "😀")
                    recorder.accept("more")
                    recorder.complete()
                }.output!!
            long.length shouldBe 999_999 + Chunks.CUT.length
            long shouldEndWith "x… cut"
        }

        test("many small texts are no problem, many other pieces are cut") {
            recorded { _, recorder ->
                repeat(20_000) { recorder.accept("x") }
                recorder.complete()
            }.output shouldBe "x".repeat(20_000)
            val list =
                recorded { _, recorder ->
                    repeat(10_001) { recorder.accept(1) }
                    recorder.complete()
                }.output!!
            list.count { it == ',' } shouldBe Chunks.MAX_CHUNKS
            list shouldEndWith """1,"… cut"]"""
            recorded { _, recorder ->
                recorder.accept(1)
                recorder.accept("x".repeat(Chunks.MAX_CHARACTERS + 1))
                recorder.accept(2)
                recorder.complete()
            }.output!! shouldEndWith """x","… cut"]"""
        }

        test("eight threads make one end, and nothing is lost before it") {
            val threads = 8
            val executor = Executors.newFixedThreadPool(threads)
            val observations =
                observationsOf { langfuse ->
                    repeat(50) { round ->
                        val generation = langfuse.observation("chat $round", GENERATION).start()
                        val recorder = StreamRecorder.on(generation)
                        val accepted = CyclicBarrier(threads)
                        val ends =
                            (0 until threads).map { thread ->
                                executor.submit {
                                    repeat(20) { recorder.accept("x") }
                                    accepted.await(DEADLINE.toSeconds(), TimeUnit.SECONDS)
                                    when (thread % 3) {
                                        0 -> recorder.complete()
                                        1 -> recorder.fail(IOException("broken"))
                                        else -> recorder.cancel()
                                    }
                                    repeat(20) { recorder.accept("late") }
                                }
                            }
                        ends.forEach { it.get(DEADLINE.toSeconds(), TimeUnit.SECONDS) }
                    }
                }
            executor.shutdown()
            observations.size shouldBe 50
            observations.forEach {
                it.output shouldBe "x".repeat(160)
                it.events.size shouldBe if (it.level == "ERROR") 1 else 0
                (it.level to it.statusMessage) shouldBe
                    when (it.level) {
                        "ERROR" -> "ERROR" to "broken"
                        "WARNING" -> "WARNING" to "cancelled"
                        else -> "DEFAULT" to null
                    }
            }
        }

        test("a disabled client's generation records nothing") {
            Langfuse.disabled(QuietLog(false)).use { langfuse ->
                val recorder = StreamRecorder.on(langfuse.observation("chat", GENERATION).start())
                recorder.accept("a")
                recorder.usage(Usage.of(1, 2))
                recorder.complete()
                langfuse.flush().exported() shouldBe 0
            }
        }
    })
