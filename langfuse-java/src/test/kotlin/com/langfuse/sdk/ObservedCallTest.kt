package com.langfuse.sdk

import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.ObservationType.TOOL
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.opentelemetry.api.trace.SpanId
import java.io.IOException
import java.util.concurrent.CompletableFuture
import java.util.stream.Stream

/** What adapters for functions of other languages build on. */
class ObservedCallTest :
    FunSpec({
        test("an opened call has its input, is not current, and ends with its result, once") {
            val observation =
                observationsOf { langfuse ->
                    val call = langfuse.observed("fetch", TOOL).inputNames("url").open("langfuse.com")
                    Observation.current().id() shouldBe SpanId.getInvalid()
                    call.observation().metadata("cache", "miss")
                    call.follow("page") shouldBe "page"
                    call.fail(IOException("too late"))
                }.single()
            observation.input shouldBe """{"url":"langfuse.com"}"""
            observation.output shouldBe "page"
            observation.metadata["cache"] shouldBe "miss"
            observation.level shouldBe "DEFAULT"
        }

        test("a failure, and a result that is in the caller's hands already") {
            val observations =
                observationsOf { langfuse ->
                    langfuse.observed("failing", TOOL).open().fail(IOException("no"))
                    val stream = Stream.of(1, 2)
                    langfuse.observed("handed out", TOOL).open().complete(stream)
                    stream.toList() shouldContainExactly listOf(1, 2)
                    langfuse.observed("whole", TOOL).open().complete("all of it")
                }
            observations.single { it.name == "failing" }.level shouldBe "ERROR"
            observations.single { it.name == "handed out" }.output.shouldBeNull()
            observations.single { it.name == "whole" }.output shouldBe "all of it"
        }

        test("pieces, and the same once more as a sibling") {
            val observations =
                observationsOf { langfuse ->
                    langfuse.observation("parent").run<RuntimeException> {
                        val call = langfuse.observed("chat", GENERATION).open("Hi")
                        listOf(call.stream(), call.again()).forEach { stream ->
                            stream.accept("Hel")
                            stream.accept("lo")
                            stream.complete()
                        }
                    }
                }
            val parent = observations.single { it.name == "parent" }.id
            observations.filter { it.name == "chat" } shouldHaveSize 2
            observations.filter { it.name == "chat" }.forEach {
                it.input shouldBe "Hi"
                it.output shouldBe "Hello"
                it.parentId shouldBe parent
                it.completionStartTime.shouldNotBeNull()
            }
        }

        test("what is still running is named among the arguments, not read") {
            observationsOf { langfuse ->
                langfuse.observed("wait", TOOL).open(CompletableFuture<String>()).complete(null)
            }.single().input shouldBe """"<CompletableFuture>""""
        }
    })
