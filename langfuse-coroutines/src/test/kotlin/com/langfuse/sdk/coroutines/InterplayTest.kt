package com.langfuse.sdk.coroutines

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.Observation
import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.ObservationType.TOOL
import com.langfuse.sdk.local.assertion.LangfuseAssertions.event
import com.langfuse.sdk.local.assertion.LangfuseAssertions.generation
import com.langfuse.sdk.local.assertion.LangfuseAssertions.span
import com.langfuse.sdk.local.assertion.LangfuseAssertions.tool
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainAll
import io.kotest.matchers.shouldBe
import io.opentelemetry.api.trace.Span
import io.opentelemetry.api.trace.SpanId
import io.opentelemetry.context.Context
import io.opentelemetry.extension.kotlin.asContextElement
import io.opentelemetry.extension.kotlin.getOpenTelemetryContext
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.future.asCompletableFuture
import kotlinx.coroutines.future.await
import kotlinx.coroutines.future.future
import kotlinx.coroutines.launch
import kotlinx.coroutines.reactor.awaitSingle
import kotlinx.coroutines.reactor.mono
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.yield
import java.util.concurrent.CompletableFuture
import java.util.concurrent.Executors

/** Suspending, blocking and reactive code below each other: one tree. */
class InterplayTest :
    FunSpec({
        fun Langfuse.java(
            name: String,
        ): String = observation(name).call<String, RuntimeException> { Observation.current().id()!! }

        test("blocking Java code below a suspend block") {
            traced { langfuse ->
                langfuse.observation("suspending") {
                    withContext(Dispatchers.IO) { langfuse.java("java") }
                    langfuse.propagate().userId("u").run<RuntimeException> { langfuse.java("in a scope") }
                    langfuse.observation("in a block").run<RuntimeException> { langfuse.java("leaf") }
                }
            }.trace("suspending")
                .hasTree(span("suspending", span("java"), span("in a scope"), span("in a block", span("leaf"))))
                .get()
                .observation("in a scope")
                .userId shouldBe "u"
        }

        test("suspend code below a Java block: runBlocking, future, asCompletableFuture, callAsync") {
            val traced =
                traced { langfuse ->
                    langfuse.observation("java", TOOL).run<RuntimeException> { java ->
                        runBlocking {
                            langfuse.observation("runBlocking") { yield() }
                            langfuse.observation("again") { async(Dispatchers.IO) { langfuse.java("leaf") }.await() }
                        }
                        runBlocking(Dispatchers.IO + java.asContextElement()) {
                            langfuse.observation("on IO") { yield() }
                        }
                        val scope = CoroutineScope(Dispatchers.Default)
                        scope.future(java.asContextElement()) { langfuse.observation("future") { yield() } }.join()
                        scope.async(java.asContextElement()) { langfuse.observation("deferred") { yield() } }
                            .asCompletableFuture()
                            .join()
                    }
                    langfuse
                        .observation("async")
                        .callAsync { async ->
                            CoroutineScope(Dispatchers.Default).future(async.asContextElement()) {
                                langfuse.observation("in async") { yield() }
                            }
                        }.await()
                }
            traced.trace("java").hasTree(
                tool(
                    "java",
                    span("runBlocking"),
                    span("again", span("leaf")),
                    span("on IO"),
                    span("future"),
                    span("deferred"),
                ),
            )
            traced.trace("async").hasTree(span("async", span("in async")))
            traced.hasNothingElse()
        }

        test("a suspend block below a block of Java's, below a suspend block") {
            traced { langfuse ->
                langfuse.observation("a") {
                    langfuse.observationBlocking("b") {
                        runBlocking { langfuse.observation("c") { yield() } }
                    }
                    langfuse.observation("d") { yield() }
                }
            }.trace("a").hasTree(span("a", span("b", span("c")), span("d")))
        }

        test("Reactor") {
            traced { langfuse ->
                langfuse.observation("request") { request ->
                    mono(request.asContextElement()) {
                        langfuse.observation("in mono") { yield() }
                        1
                    }.awaitSingle()
                    langfuse.observation("after") { yield() }
                }
            }.trace("request").hasTree(span("request", span("in mono"), span("after")))
        }

        test("plain threads get it by wrapping") {
            val observations =
                received { langfuse ->
                    val pool = Executors.newSingleThreadExecutor()
                    langfuse.observation("request") { request ->
                        CompletableFuture.runAsync(
                            request.context().wrap(
                                Runnable {
                                    langfuse.java("wrapped")
                                },
                            ),
                            pool,
                        ).await()
                    }
                    pool.shutdown()
                }
            observations.named("wrapped").parentId shouldBe observations.named("request").id
        }

        test("code that knows only OpenTelemetry sees the observation's span, and its own element works in here") {
            received { langfuse ->
                langfuse.observation("request") { request ->
                    Span.current().spanContext.spanId shouldBe request.id()
                    Span.fromContext(currentCoroutineContext().getOpenTelemetryContext()).spanContext.spanId shouldBe
                        request.id()
                    launch(Dispatchers.IO + Context.current().asContextElement()) {
                        Observation.current().id() shouldBe request.id()
                        langfuse.observation("child") { }
                    }
                }
            }.let { all -> all.named("child").parentId shouldBe all.named("request").id }
        }

        test("plain makeCurrent code in withContext(asContextElement())") {
            traced { langfuse ->
                val handle = langfuse.observation("handle").start()
                withContext(handle.asContextElement()) {
                    yield()
                    langfuse.java("java")
                }
                handle.makeCurrent {
                    yield()
                    langfuse.java("in makeCurrent")
                    launch(Dispatchers.IO) { langfuse.java("launched") }
                }
                Observation.current().id() shouldBe SpanId.getInvalid()
                handle.end()
            }.trace("handle").hasTree(span("handle", span("java"), span("in makeCurrent"), span("launched")))
        }

        test("the current observation can be told more from anywhere below") {
            suspend fun below() {
                yield()
                Observation.current().metadata("step", 1).event("checked", "all good")
            }
            traced { langfuse ->
                langfuse.observation("chat", GENERATION) {
                    withContext(Dispatchers.IO) { below() }
                    com.langfuse.sdk.Generation.current().model("gpt-4o")
                }
            }.trace("chat").hasTree(generation("chat", event("checked")).metadata("step", 1).model("gpt-4o"))
        }

        test("a recovered stack trace names the callers outside of the block") {
            suspend fun failingLater(): Int {
                val elsewhere = CompletableDeferred<Int>()
                CoroutineScope(Dispatchers.Default).launch {
                    elsewhere.completeExceptionally(IllegalStateException("later"))
                }
                return elsewhere.await().also { yield() }
            }

            suspend fun theCaller(langfuse: Langfuse): Int = langfuse.observation("block") { failingLater() + 1 } + 1

            suspend fun theCallersCaller(langfuse: Langfuse): Int = theCaller(langfuse) + 1
            received { langfuse ->
                val thrown = runCatching { theCallersCaller(langfuse) }.exceptionOrNull()!!
                val frames = thrown.stackTrace.map { it.className + "." + it.methodName }
                frames.filter { "failingLater" in it || "theCaller" in it }.let { seen ->
                    listOf("failingLater", "theCaller", "theCallersCaller").forEach { name ->
                        seen.map { name in it } shouldContain true
                    }
                }
                frames.map { it.substringBefore('.') } shouldContainAll listOf("_COROUTINE")
            }
        }
    })
