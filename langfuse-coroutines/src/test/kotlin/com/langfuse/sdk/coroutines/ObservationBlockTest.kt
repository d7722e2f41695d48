package com.langfuse.sdk.coroutines

import com.langfuse.sdk.Langfuse
import com.langfuse.sdk.Observation
import com.langfuse.sdk.ObservationType.CHAIN
import com.langfuse.sdk.ObservationType.EMBEDDING
import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.ObservationType.TOOL
import com.langfuse.sdk.PromptReference
import com.langfuse.sdk.Usage
import com.langfuse.sdk.propagation.TraceHeaders
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldStartWith
import io.opentelemetry.api.trace.SpanId
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.yield

class ObservationBlockTest :
    FunSpec({
        test("the tests run on the coroutines they say they run on") {
            val manifest =
                CoroutineStart::class.java.protectionDomain.codeSource.location
                    .path
            manifest.contains("-${System.getProperty("coroutines.version")}.jar") shouldBe true
        }

        test("a block returns its value, is current across suspensions and threads, and is undone behind it") {
            val observations =
                received { langfuse ->
                    val length =
                        langfuse.observation("outer") { outer ->
                            Observation.current().id() shouldBe outer.id()
                            yield()
                            Observation.current().id() shouldBe outer.id()
                            withContext(Dispatchers.IO) { Observation.current().id() shouldBe outer.id() }
                            langfuse
                                .observation("inner", GENERATION, { model("m").input("question") }) { generation ->
                                    yield()
                                    generation.output("answer").usageDetails(Usage.of(1, 2))
                                    "answer"
                                }.length
                                .also { Observation.current().id() shouldBe outer.id() }
                        }
                    length shouldBe 6
                    Observation.current().id() shouldBe SpanId.getInvalid()
                }
            val inner = observations.named("inner")
            inner.parentId shouldBe observations.named("outer").id
            inner.type shouldBe "GENERATION"
            inner.model shouldBe "m"
            inner.input shouldBe "question"
            inner.output shouldBe "answer"
        }

        test("a type that is chosen at run time is an argument like any other, and says what the block is handed") {
            val observations =
                received { langfuse ->
                    for (model in listOf(true, false)) {
                        langfuse.observation("suspending", if (model) GENERATION else TOOL) { it.output("out") }
                        langfuse.observationBlocking("blocking", if (model) GENERATION else TOOL) { it.output("out") }
                        val chosen = if (model) GENERATION else TOOL
                        langfuse.observation("variable", chosen) { it.output("out") }
                        flowOf("a").observed("flow", if (model) GENERATION else TOOL, client = langfuse).toList()
                        langfuse.observation("models", if (model) GENERATION else EMBEDDING) { it.model("m") }
                    }
                }
            observations.groupingBy { it.name to it.type }.eachCount() shouldBe
                listOf("suspending", "blocking", "variable", "flow")
                    .flatMap { listOf((it to "GENERATION") to 1, (it to "TOOL") to 1) }
                    .toMap() + mapOf(("models" to "GENERATION") to 1, ("models" to "EMBEDDING") to 1)
        }

        test("batch_process: each async child has its own input and the batch as parent") {
            val observations =
                received { langfuse ->
                    langfuse.observation("batch_process", CHAIN) { batch ->
                        val results =
                            (1..50)
                                .map { item ->
                                    async(Dispatchers.Default) {
                                        langfuse.observation("process_item-$item", TOOL) { tool ->
                                            tool.input(item)
                                            yield()
                                            Observation.current().metadata("item", item)
                                            (item * item).also(tool::output)
                                        }
                                    }
                                }.awaitAll()
                        batch.output(results.sum())
                    }
                }
            observations shouldHaveSize 51
            val batch = observations.named("batch_process")
            batch.output shouldBe (1..50).sumOf { it * it }.toString()
            (1..50).forEach { item ->
                val child = observations.named("process_item-$item")
                child.parentId shouldBe batch.id
                child.input shouldBe "$item"
                child.metadata["item"] shouldBe "$item"
                child.output shouldBe "${item * item}"
            }
        }

        test("the block waits for the coroutines it launches, which end inside it") {
            val observations =
                received { langfuse ->
                    langfuse.observation("parent") {
                        launch(Dispatchers.Default) {
                            yield()
                            langfuse.observation("launched") { }
                        }
                    }
                }
            val parent = observations.named("parent")
            val launched = observations.named("launched")
            launched.parentId shouldBe parent.id
            (launched.endTime!! <= parent.endTime!!) shouldBe true
        }

        test("a lazy coroutine creates nothing until it is started") {
            withLangfuse { local, langfuse ->
                coroutineScope {
                    val lazy = async(start = CoroutineStart.LAZY) { langfuse.observation("lazy") { "value" } }
                    langfuse.flush(DEADLINE).exported() shouldBe 0
                    local.observations().shouldBeEmpty()
                    lazy.await() shouldBe "value"
                }
                langfuse.flush(DEADLINE).exported() shouldBe 1
            }
        }

        test("children of a handle have the handle as parent, whatever is current") {
            val observations =
                received { langfuse ->
                    val handle = langfuse.observation("handle").start()
                    langfuse.observation("elsewhere") {
                        handle.observation("child", TOOL) { yield() }
                        handle.observation("plain-child") { langfuse.observation("grandchild") { } }
                    }
                    handle.end()
                }
            val handle = observations.named("handle")
            observations.named("child").parentId shouldBe handle.id
            observations.named("plain-child").parentId shouldBe handle.id
            observations.named("grandchild").parentId shouldBe observations.named("plain-child").id
            observations.named("elsewhere").traceId.equals(handle.traceId) shouldBe false
        }

        test("the bare form finds the client of the context: of a block, or of the client's element") {
            val observations =
                received { langfuse ->
                    withContext(langfuse.asContextElement()) {
                        observation("root") {
                            Langfuse.current() shouldBe langfuse
                            async(Dispatchers.Default) { observation("child", TOOL) { } }.await()
                        }
                    }
                    langfuse.observation("other") { observation("bare", TOOL, { input(1) }) { } }
                }
            observations.named("child").parentId shouldBe observations.named("root").id
            observations.named("bare").parentId shouldBe observations.named("other").id
        }

        test("an observation is handed to a coroutine that is started elsewhere") {
            val observations =
                received { langfuse ->
                    val handle = langfuse.propagateAttributes(userId = "u") { langfuse.observation("handle").start() }
                    coroutineScope {
                        launch(Dispatchers.Default + handle.asContextElement()) {
                            yield()
                            langfuse.observation("handed") { }
                            handle.end()
                        }
                    }
                }
            observations.named("handed").parentId shouldBe observations.named("handle").id
            observations.named("handed").userId shouldBe "u"
        }

        test("the blocking twin nests with suspend blocks, both ways") {
            val observations =
                received { langfuse ->
                    langfuse.observation("suspend-outer") {
                        langfuse.observationBlocking("blocking", TOOL, { input("x") }) { tool ->
                            observationBlocking("innermost") { Observation.current().output("y") }
                            tool.observationBlocking("of the handle", CHAIN) { }
                            tool.output("z")
                        }
                    }
                }
            observations.named("blocking").parentId shouldBe observations.named("suspend-outer").id
            observations.named("blocking").input shouldBe "x"
            observations.named("innermost").parentId shouldBe observations.named("blocking").id
            observations.named("of the handle").parentId shouldBe observations.named("blocking").id
            observations.named("of the handle").type shouldBe "CHAIN"
            observations.named("innermost").output shouldBe "y"
        }

        test("a disabled client runs every body and leaves no trace") {
            Langfuse.builder().tracingEnabled(false).build().use { langfuse ->
                langfuse.propagateAttributes(userId = "u") {
                    langfuse.observation("a", GENERATION) { generation ->
                        generation.id() shouldBe SpanId.getInvalid()
                        async { langfuse.observation("b") { 42 } }.await()
                    }
                } shouldBe 42
            }
        }

        test("attributes reach every child coroutine, each scope its own") {
            val observations =
                received { langfuse ->
                    coroutineScope {
                        (1..20)
                            .map { user ->
                                async(Dispatchers.Default) {
                                    langfuse.propagateAttributes(
                                        userId = "u$user",
                                        sessionId = "s$user",
                                        tags = listOf("t$user"),
                                        metadata = mapOf("n" to user),
                                    ) {
                                        langfuse.observation("root-$user") {
                                            yield()
                                            async(Dispatchers.IO) {
                                                langfuse.observation("leaf-$user") { yield() }
                                            }.await()
                                        }
                                    }
                                }
                            }.awaitAll()
                    }
                }
            observations shouldHaveSize 40
            observations.forEach {
                val user = it.name.substringAfter('-')
                it.userId shouldBe "u$user"
                it.sessionId shouldBe "s$user"
                it.tags shouldContainExactly listOf("t$user")
                it.metadata["n"] shouldBe user
            }
        }

        test("prompt and baggage can be propagated, too") {
            val headers = mutableMapOf<String, String>()
            val observation =
                received { langfuse ->
                    langfuse.propagateAttributes(userId = "u", prompt = PromptReference("p", 2), asBaggage = true) {
                        langfuse.observation("a", GENERATION) {
                            withContext(Dispatchers.IO) { TraceHeaders.inject(headers::put) }
                        }
                    }
                }.named("a")
            observation.promptName shouldBe "p"
            headers.getValue("baggage").split(",") shouldContain "langfuse_user_id=u"
            headers.getValue("traceparent") shouldStartWith "00-${observation.traceId}-${observation.id}-0"
        }
    })
