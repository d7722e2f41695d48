package com.langfuse.sdk.coroutines

import com.langfuse.sdk.local.LocalObservation
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.throwables.shouldThrowAny
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContainIgnoringCase
import io.kotest.matchers.types.shouldBeSameInstanceAs
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancel
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.selects.select
import kotlinx.coroutines.supervisorScope
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.coroutines.yield
import java.io.IOException
import kotlin.reflect.jvm.kotlinFunction
import kotlin.time.Duration.Companion.milliseconds

class EndingTest :
    FunSpec({
        fun LocalObservation.isOk() {
            level shouldBe "DEFAULT"
            statusMessage.shouldBeNull()
            otelStatus shouldBe "UNSET"
        }

        fun LocalObservation.isError(message: String) {
            level shouldBe "ERROR"
            statusMessage shouldBe message
            otelStatus shouldBe "ERROR"
            events.single().name shouldBe "exception"
        }

        fun LocalObservation.isCancelled(message: String) {
            level shouldBe "WARNING"
            statusMessage!! shouldContainIgnoringCase message
            otelStatus shouldBe "UNSET"
        }

        // Assertions are on in tests, so coroutines would hand out copies of exceptions here.
        test("an exception marks exactly the blocks it leaves, and the caller gets the same instance") {
            val thrown = IOException("no network")
            val observations =
                received { langfuse ->
                    langfuse.observation("survivor") {
                        shouldThrow<IOException> {
                            langfuse.propagateAttributes(userId = "u") {
                                langfuse.observation("left") {
                                    withContext(Dispatchers.IO) { yield() }
                                    langfuse.observation("thrower") {
                                        yield()
                                        throw thrown
                                    }
                                }
                            }
                        } shouldBeSameInstanceAs thrown
                        langfuse.observation("bystander") { }
                    }
                }
            observations.named("thrower").isError("no network")
            observations.named("left").isError("no network")
            observations.named("survivor").isOk()
            observations.named("bystander").isOk()
        }

        test("what await has handed out, a copy with the caller's frames, reaches the caller as it is") {
            val thrown = IOException("no network")
            var handedOut: Throwable? = null
            received { langfuse ->
                shouldThrow<IOException> {
                    langfuse.observation("parent") {
                        val elsewhere = CompletableDeferred<Unit>()
                        launch(Dispatchers.Default) { elsewhere.completeExceptionally(thrown) }
                        try {
                            elsewhere.await()
                        } catch (e: IOException) {
                            handedOut = e
                            throw e
                        }
                    }
                } shouldBeSameInstanceAs handedOut
            }.named("parent").isError("no network")
            handedOut!!.cause shouldBeSameInstanceAs thrown
        }

        test("a child that nobody awaits fails the block with the very instance") {
            val thrown = IOException("no network")
            received { langfuse ->
                shouldThrow<IOException> {
                    langfuse.observation("parent") {
                        launch(Dispatchers.Default) { throw thrown }
                        awaitCancellation()
                    }
                } shouldBeSameInstanceAs thrown
            }.named("parent").isError("no network")
        }

        test("an exception is never taken for a copy of its cause") {
            val inner = IllegalStateException("inner")
            // Like a copy in all: class, cause and the frames of a recovered trace.
            val wrapper =
                IllegalStateException("wrapper", inner).apply {
                    stackTrace = arrayOf(StackTraceElement("_COROUTINE._BOUNDARY", "_", "CoroutineDebugging.kt", 42))
                }
            received { langfuse ->
                shouldThrowAny { langfuse.observation("body") { throw wrapper } } shouldBeSameInstanceAs wrapper
                shouldThrowAny {
                    langfuse.observation("child") { launch(Dispatchers.Default) { throw wrapper } }
                } shouldBeSameInstanceAs wrapper
            }
        }

        test("an exception whose cause cannot be read is handed on") {
            val thrown =
                object : RuntimeException("evil") {
                    override val cause: Throwable get() = error("no")
                }
            received { langfuse ->
                runCatching { langfuse.propagateAttributes { throw thrown } }.exceptionOrNull() shouldBeSameInstanceAs
                    thrown
            }
        }

        test("an Error fails the block too") {
            val thrown = NotImplementedError("later")
            received { langfuse ->
                shouldThrowAny { langfuse.observation("a") { throw thrown } } shouldBeSameInstanceAs thrown
            }.named("a").isError("later")
        }

        test("a failing child fails the block; its siblings are cancelled, not failed") {
            val observations =
                received { langfuse ->
                    shouldThrow<IOException> {
                        langfuse.observation("parent") {
                            val waiting = CompletableDeferred<Unit>()
                            launch {
                                langfuse.observation("sibling") {
                                    waiting.complete(Unit)
                                    awaitCancellation()
                                }
                            }
                            async {
                                langfuse.observation("failing") {
                                    waiting.await()
                                    throw IOException("broken")
                                }
                            }.await()
                        }
                    }
                }
            observations.named("failing").isError("broken")
            observations.named("parent").isError("broken")
            observations.named("sibling").isCancelled("cancel")
            observations.named("sibling").parentId shouldBe observations.named("parent").id
        }

        test("a cancelled coroutine's observations end as WARNING, its parent's are untouched") {
            val observations =
                received { langfuse ->
                    langfuse.observation("parent") {
                        val started = CompletableDeferred<Unit>()
                        val job =
                            launch(Dispatchers.Default) {
                                langfuse.observation("cancelled") {
                                    langfuse.observation("inner") {
                                        started.complete(Unit)
                                        awaitCancellation()
                                    }
                                }
                            }
                        started.await()
                        job.cancelAndJoin()
                    }
                }
            observations.named("cancelled").isCancelled("cancelled")
            observations.named("inner").isCancelled("cancelled")
            observations.named("parent").isOk()
        }

        test("a timeout is a WARNING with its message, and what is around it goes on") {
            val observations =
                received { langfuse ->
                    langfuse.observation("around") {
                        withTimeoutOrNull(10.milliseconds) {
                            langfuse.observation("slow") { awaitCancellation() }
                        }.shouldBeNull()
                        langfuse.observation("next") { }
                    }
                }
            observations.named("slow").isCancelled("timed out waiting for 10 ms")
            observations.named("around").isOk()
            observations.named("next").isOk()
            observations.named("next").parentId shouldBe observations.named("around").id
        }

        test("a block that finishes while its children still run is not ended before them") {
            val observations =
                received { langfuse ->
                    coroutineScope {
                        val gate = CompletableDeferred<Unit>()
                        launch { gate.complete(Unit) }
                        langfuse.observation("parent") {
                            launch {
                                gate.await()
                                langfuse.observation("child") { }
                            }
                            "done"
                        } shouldBe "done"
                    }
                }
            (observations.named("child").endTime!! <= observations.named("parent").endTime!!) shouldBe true
        }

        test("a coroutine that cancels itself, and one whose parent is cancelled: warnings, ended once") {
            val observations =
                received { langfuse ->
                    CoroutineScope(Dispatchers.Default)
                        .launch { langfuse.observation("own") { cancel("enough") } }
                        .join()
                    val started = CompletableDeferred<Unit>()
                    val parent =
                        CoroutineScope(Dispatchers.Default).launch {
                            launch {
                                langfuse.observation("child") {
                                    started.complete(Unit)
                                    awaitCancellation()
                                }
                            }
                        }
                    started.await()
                    parent.cancel("parent is gone")
                    parent.join()
                }
            observations.named("own").isCancelled("enough")
            observations.named("child").isCancelled("parent is gone")
        }

        test("withTimeout inside and outside, withTimeoutOrNull inside") {
            val observations =
                received { langfuse ->
                    shouldThrow<TimeoutCancellationException> {
                        withTimeout(10.milliseconds) { langfuse.observation("outside") { awaitCancellation() } }
                    }
                    shouldThrow<TimeoutCancellationException> {
                        langfuse.observation("inside") { withTimeout(10.milliseconds) { awaitCancellation() } }
                    }
                    langfuse.observation("survivor") { withTimeoutOrNull(10.milliseconds) { awaitCancellation() } }
                }
            observations.named("outside").isCancelled("timed out waiting for 10 ms")
            observations.named("inside").isCancelled("timed out waiting for 10 ms")
            observations.named("survivor").isOk()
        }

        test("select: who loses is cancelled, who wins is not") {
            val observations =
                received { langfuse ->
                    langfuse.observation("race") {
                        val racing = CompletableDeferred<Unit>()
                        val loser =
                            async {
                                langfuse.observation("loser") {
                                    racing.complete(Unit)
                                    awaitCancellation()
                                }
                            }
                        val winner =
                            async {
                                racing.await()
                                langfuse.observation("winner") { "won" }
                            }
                        select {
                            winner.onAwait { it }
                            loser.onAwait { it }
                        } shouldBe "won"
                        loser.cancel("too late")
                    }
                }
            observations.named("race").isOk()
            observations.named("winner").isOk()
            observations.named("loser").isCancelled("too late")
        }

        test("supervisorScope: a failing child is its own failure only") {
            val observations =
                received { langfuse ->
                    langfuse.observation("parent") {
                        supervisorScope {
                            val failing = async { langfuse.observation("failing") { throw IOException("broken") } }
                            val other = async { langfuse.observation("other") { yield() } }
                            shouldThrow<IOException> { failing.await() }
                            other.await()
                        }
                    }
                }
            observations.named("failing").isError("broken")
            observations.named("other").isOk()
            observations.named("parent").isOk()
        }

        test("what cleans up after a cancellation is still in the observation, and is recorded") {
            val observations =
                received { langfuse ->
                    val started = CompletableDeferred<Unit>()
                    val job =
                        CoroutineScope(Dispatchers.Default).launch {
                            langfuse.observation("cancelled") {
                                try {
                                    started.complete(Unit)
                                    awaitCancellation()
                                } finally {
                                    withContext(NonCancellable) { langfuse.observation("cleanup") { yield() } }
                                }
                            }
                        }
                    started.await()
                    job.cancelAndJoin()
                }
            observations.named("cleanup").isOk()
            observations.named("cleanup").parentId shouldBe observations.named("cancelled").id
            observations.named("cancelled").isCancelled("cancelled")
        }

        test("a scope of propagated attributes and a makeCurrent block hand on failures as they are, and end nothing") {
            val thrown = IOException("no")
            val observations =
                received { langfuse ->
                    val handle = langfuse.observation("handle").start()
                    shouldThrow<IOException> {
                        langfuse.propagateAttributes(userId = "u") { handle.makeCurrent { throw thrown } }
                    } shouldBeSameInstanceAs thrown
                    handle.output("still open").end()
                }
            observations.named("handle").isOk()
            observations.named("handle").output shouldBe "still open"
        }

        test("a configure lambda that fails is the caller's to see; nothing was started") {
            received { langfuse ->
                shouldThrow<IOException> { langfuse.observation("never", { throw IOException("config") }) { } }
            }.shouldBeEmpty()
        }

        test("blocks cannot be left by return: they are not inline") {
            val functions =
                listOf("ObservationBlockKt", "PropagationKt", "LangfuseContextKt").flatMap {
                    Class.forName("com.langfuse.sdk.coroutines.$it").kotlin.java.declaredMethods.toList()
                }
            functions.mapNotNull { it.kotlinFunction }.filter { it.isSuspend }.let { blocks ->
                blocks.size shouldBeGreaterThan 6
                blocks.filter { it.isInline }.shouldBeEmpty()
            }
        }
    })
