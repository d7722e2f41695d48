package com.langfuse.sdk

import com.langfuse.sdk.ObservationType.CHAIN
import com.langfuse.sdk.ObservationType.EVENT
import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.ObservationType.TOOL
import com.langfuse.sdk.internal.LangfuseAttributes
import com.langfuse.sdk.local.LocalObservation
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.maps.shouldContainAll
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import io.opentelemetry.api.trace.SpanId
import io.opentelemetry.context.Context
import java.time.Instant
import java.util.concurrent.CompletableFuture
import java.util.concurrent.Executors

/** What a program's observations look like once they have arrived over the wire. */
class ObservationTreeTest :
    FunSpec({
        fun received(block: (Langfuse) -> Unit): List<LocalObservation> =
            withLangfuse { local, langfuse ->
                block(langfuse)
                langfuse.flush(DEADLINE).isComplete shouldBe true
                local.observations()
            }

        test("a type that is chosen at run time is an argument like any other") {
            val observations =
                received { langfuse ->
                    for (model in listOf(true, false)) {
                        langfuse.observation("started", if (model) GENERATION else TOOL).start().end()
                        langfuse.observation("block", if (model) TOOL else GENERATION).block { it.output("out") }
                        val chosen = if (model) GENERATION else TOOL
                        langfuse.observation("parent").block { parent ->
                            parent.observation("child", chosen).start().end()
                        }
                        val length = langfuse.observed("fn", if (model) GENERATION else TOOL).function<String, Int> {
                            it.length
                        }
                        length.apply("abc") shouldBe 3
                    }
                    val names = mapOf("llm" to GENERATION, "tool" to TOOL)
                    langfuse.observation("map", names.getValue("llm")).start().end()
                }
            observations.groupingBy { it.name to it.type }.eachCount() shouldBe
                listOf("started", "block", "child", "fn")
                    .flatMap { listOf((it to "GENERATION") to 1, (it to "TOOL") to 1) }
                    .toMap() + mapOf(("parent" to "SPAN") to 2, ("map" to "GENERATION") to 1)
        }

        test("a pipeline with a generation and a propagated user and session") {
            val observations =
                received { langfuse ->
                    langfuse.propagate().userId("user-123").sessionId("session-abc").makeCurrent().use {
                        langfuse.observation(
                            "user-request-pipeline",
                        ).input(mapOf("query" to "Tell me a joke")).block { pipeline ->
                            langfuse.observation("joke-generation", GENERATION).model("gpt-4o").block { generation ->
                                generation.output("Why did the span cross the road?").usageDetails(Usage.of(12, 34))
                            }
                            pipeline.output("done")
                        }
                    }
                }
            val (pipeline, joke) = observations
            pipeline.type shouldBe "SPAN"
            pipeline.parentId.shouldBeNull()
            pipeline.input shouldBe """{"query":"Tell me a joke"}"""
            pipeline.output shouldBe "done"
            joke.type shouldBe "GENERATION"
            joke.parentId shouldBe pipeline.id
            joke.traceId shouldBe pipeline.traceId
            joke.model shouldBe "gpt-4o"
            joke.usage shouldContainAll mapOf("input" to 12L, "output" to 34L)
            observations.forEach {
                it.userId shouldBe "user-123"
                it.sessionId shouldBe "session-abc"
                it.scopeName shouldBe "langfuse-sdk"
            }
        }

        test("a manual observation does not become the parent of later work") {
            treesOf { langfuse ->
                langfuse.observation("main-operation").block {
                    val side = langfuse.observation("manual-side-task").start().input("Data for side task")
                    langfuse.observation("core-step-within-main").block { Observation.current().output("finished") }
                    side.output("completed").end()
                }
            } shouldBe
                listOf(
                    """
                    main-operation  3 observations
                    └─ SPAN main-operation
                       ├─ SPAN manual-side-task
                       └─ SPAN core-step-within-main
                    """.trimIndent(),
                )
        }

        test("children made from a handle have that handle as parent, whatever is current") {
            treesOf { langfuse ->
                langfuse.observation("outer-process").block { outer ->
                    val mid = outer.observation("mid_span", CHAIN).start()
                    langfuse.observation("unrelated").block {
                        mid.observation("mid-tool", TOOL).start().end()
                        mid.observation("mid-block").block {
                            langfuse.observation("inside-mid-block").start().end()
                        }
                    }
                    mid.end()
                }
            } shouldBe
                listOf(
                    """
                    outer-process  6 observations
                    └─ SPAN outer-process
                       ├─ CHAIN mid_span
                       │  ├─ TOOL mid-tool
                       │  └─ SPAN mid-block
                       │     └─ SPAN inside-mid-block
                       └─ SPAN unrelated
                    """.trimIndent(),
                )
        }

        test("without a current observation each one is a trace of its own") {
            val (a, b) =
                received { langfuse ->
                    langfuse.observation("a").start().end()
                    langfuse.observation("b").start().end()
                }
            a.traceId shouldNotBe b.traceId
            a.parentId.shouldBeNull()
            b.parentId.shouldBeNull()
        }

        test("all ten types arrive under their name") {
            val observations =
                received { langfuse ->
                    ObservationType.values().forEach { langfuse.observation("x", it).start().end() }
                }
            observations.map { it.type } shouldContainExactlyInAnyOrder
                listOf(
                    "SPAN",
                    "GENERATION",
                    "EVENT",
                    "EMBEDDING",
                    "AGENT",
                    "TOOL",
                    "CHAIN",
                    "RETRIEVER",
                    "EVALUATOR",
                    "GUARDRAIL",
                )
            observations.map { it.attributes["langfuse.observation.type"] } shouldContainExactlyInAnyOrder
                ObservationType.values().map { it.wireName() }
        }

        test("an event is a point in time, ended by its start") {
            val (parent, event) =
                received { langfuse ->
                    langfuse.observation("parent").block {
                        langfuse.observation("cache-hit", EVENT).input("key").start()
                    }
                }
            event.parentId shouldBe parent.id
            event.startTime shouldBe event.endTime
            event.input shouldBe "key"
        }

        test("all fields of a generation") {
            val started = Instant.parse("2026-01-02T03:04:05.123456Z")
            val generation =
                received { langfuse ->
                    langfuse
                        .observation("chat", GENERATION)
                        .startTime(started)
                        .input(listOf(mapOf("role" to "user", "content" to "hi")))
                        .model("gpt-4o")
                        .modelParameters(mapOf("temperature" to 0.2, "stop" to listOf("\n"), "seed" to null))
                        .prompt(PromptReference("greeting", 3))
                        .metadata("attempt", 1)
                        .level(ObservationLevel.DEBUG)
                        .version("v2")
                        .environment("staging")
                        .start()
                        .output(mapOf("content" to "hello"))
                        .usageDetails(Usage.of(10, 5).with("input_cached_tokens", 100).with("wrong", -1))
                        .costDetails(mapOf("total" to 0.25))
                        .completionStartTime(started.plusMillis(400))
                        .statusMessage("fine")
                        .metadata("tags", listOf("x"))
                        .end(started.plusSeconds(1))
                }.single()
            generation.startTime shouldBe started
            generation.endTime shouldBe started.plusSeconds(1)
            generation.input shouldBe """[{"role":"user","content":"hi"}]"""
            generation.output shouldBe """{"content":"hello"}"""
            generation.model shouldBe "gpt-4o"
            generation.attributes["langfuse.observation.model.parameters"] shouldBe
                """{"temperature":0.2,"stop":["\n"]}"""
            generation.promptName shouldBe "greeting"
            generation.promptVersion shouldBe 3
            generation.usage shouldContainAll mapOf("input" to 10L, "output" to 5L, "input_cached_tokens" to 100L)
            generation.usage.containsKey("wrong") shouldBe false
            generation.cost["total"] shouldBe 0.25
            generation.completionStartTime shouldBe started.plusMillis(400)
            generation.attributes["langfuse.observation.completion_start_time"] shouldBe
                "\"2026-01-02T03:04:05.523456Z\""
            generation.level shouldBe "DEBUG"
            generation.statusMessage shouldBe "fine"
            generation.version shouldBe "v2"
            generation.environment shouldBe "staging"
            generation.attributes["langfuse.observation.metadata.attempt"] shouldBe "1"
            generation.attributes["langfuse.observation.metadata.tags"] shouldBe """["x"]"""
        }

        test("metadata: one attribute per key, too many keys as one, no object under a key of its own") {
            val observations =
                received { langfuse ->
                    langfuse.observation(
                        "map",
                    ).start().metadata(mapOf("a" to "text", "b" to 1, "c" to null)).metadata("a", "").end()
                    langfuse.observation("many").start().metadata((1..61).associate { "k$it" to it }).end()
                    langfuse.observation("list").start().metadata(listOf(1, 2)).end()
                    langfuse.observation("record").start().metadata(Facts("x", 2)).metadata(mapOf("more" to true)).end()
                }

            fun metadataOf(name: String) =
                observations.single {
                    it.name == name
                }.attributes.filterKeys { it.startsWith(LangfuseAttributes.METADATA.key) }
            metadataOf("map") shouldBe
                mapOf("langfuse.observation.metadata.a" to "", "langfuse.observation.metadata.b" to "1")
            metadataOf("many").keys shouldContainExactly setOf("langfuse.observation.metadata")
            observations.single { it.name == "many" }.metadata["k61"] shouldBe "61"
            metadataOf("list") shouldBe mapOf("langfuse.observation.metadata" to """{"metadata":[1,2]}""")
            metadataOf("record") shouldBe
                mapOf(
                    "langfuse.observation.metadata.name" to "x",
                    "langfuse.observation.metadata.number" to "2",
                    "langfuse.observation.metadata.more" to "true",
                )
        }

        test("a prompt without a real version is not linked, with a warning") {
            val warnings =
                warningsOf {
                    received { langfuse ->
                        langfuse.observation("g", GENERATION).prompt(PromptReference("fallback", 0)).start().end()
                    }
                        .single()
                        .promptName
                        .shouldBeNull()
                }
            warnings.size shouldBe 1
        }

        test("a value that cannot be written arrives as a marker, and the program does not notice") {
            val observation =
                received { langfuse ->
                    val circular = mutableListOf<Any>()
                    circular.add(listOf("x", circular))
                    langfuse.observation("a").input(circular).block {
                        it.output(Thread.currentThread()).metadata("broken", Unwritable)
                    }
                }.single()
            observation.input shouldBe """[["x","<ArrayList>"]]"""
            observation.metadata["broken"] shouldBe """[1,"<not readable: IllegalStateException>"]"""
            observation.output shouldNotBe null
        }

        test("what is set after the end is not recorded, and a second end changes nothing") {
            val ended = Instant.now().plusSeconds(3)
            val observation =
                received { langfuse ->
                    val handle = langfuse.observation("a").start()
                    handle.end(ended)
                    handle.output("late").recordException(IllegalStateException("late")).end()
                }.single()
            observation.output.shouldBeNull()
            observation.level shouldBe "DEFAULT"
            observation.endTime shouldBe ended
        }

        test("a time that no span can carry is left out with a warning, and null ends it now") {
            val times = listOf(Instant.MIN, Instant.MAX, Instant.parse("1969-12-31T23:59:59Z"))
            val before = Instant.now()
            val warnings =
                warningsOf(3) {
                    received { langfuse ->
                        times.forEach { time ->
                            val handle = langfuse.observation("a", GENERATION).startTime(time).start()
                            handle.completionStartTime(time).end(time)
                        }
                        langfuse.observation("b").start().end(null)
                    }.forEach {
                        val now = before..Instant.now()
                        (it.startTime in now && it.endTime!! in now) shouldBe true
                        it.completionStartTime.shouldBeNull()
                    }
                }
            warnings.map { it.substringBefore(' ') } shouldBe listOf("startTime", "completionStartTime", "end")
        }

        test("a handle is ended on another thread, and its context travels with a wrapped task") {
            val pool = Executors.newSingleThreadExecutor()
            try {
                val observations =
                    received { langfuse ->
                        val handle = langfuse.propagate().userId("u").call<Observation, RuntimeException> {
                            langfuse.observation("a").start()
                        }
                        CompletableFuture
                            .runAsync(
                                handle.context().wrap(
                                    Runnable { langfuse.observation("on-pool").block { handle.output("x").end() } },
                                ),
                                pool,
                            )
                            .join()
                        CompletableFuture.supplyAsync({ Context.current() }, pool).join() shouldBe Context.root()
                    }
                observations.single { it.name == "on-pool" }.parentId shouldBe observations.single { it.name == "a" }.id
                observations.forEach { it.userId shouldBe "u" }
            } finally {
                pool.shutdown()
            }
        }

        test("current is a no-op when nothing is active, and undone when the block is left") {
            received { langfuse ->
                Observation.current().input("x").observation("child").start().end()
                langfuse.observation("a").block { a -> Observation.current().id() shouldBe a.id() }
                Observation.current().id() shouldBe SpanId.getInvalid()
                Context.current() shouldBe Context.root()
            }.map { it.name } shouldContainExactly listOf("a")
        }

        test("Generation.current reaches the generation around it") {
            received { langfuse ->
                langfuse.observation("g", GENERATION).block { Generation.current().model("late-known") }
            }
                .single()
                .model shouldBe "late-known"
        }

        test("each client finds its own parent: nested clients do not mix their trees") {
            withLangfuse { localA, a ->
                withLangfuse { localB, b ->
                    a.observation("a-1").block {
                        b.observation("b-1").block {
                            a.observation("a-2").block { b.observation("b-2").start().end() }
                        }
                    }
                    a.flush(DEADLINE)
                    b.flush(DEADLINE)
                    localA.traces().map { it.toTree(false) } shouldContainExactly
                        listOf("a-1  2 observations\n└─ SPAN a-1\n   └─ SPAN a-2")
                    localB.traces().map { it.toTree(false) } shouldContainExactly
                        listOf("b-1  2 observations\n└─ SPAN b-1\n   └─ SPAN b-2")
                    localA.traces().single().id shouldNotBe localB.traces().single().id
                }
            }
        }

        test("Langfuse.current is the client of the innermost block, scope or context") {
            withLangfuse { _, a ->
                withLangfuse { _, b ->
                    a.observation("a").block {
                        Langfuse.current() shouldBe a
                        b.propagate().context().makeCurrent().use { Langfuse.current() shouldBe b }
                        b.propagate().userId("u").run<RuntimeException> { Langfuse.current() shouldBe b }
                        b.observation("b").block { Langfuse.current() shouldBe b }
                        Langfuse.current() shouldBe a
                    }
                }
            }
        }

        test("a disabled client inside another's block keeps its hands off the other's observation") {
            withLangfuse { localA, a ->
                bareBuilder().tracingEnabled(false).build().use { off ->
                    a.observation("outer").block {
                        off.observation("hidden").block { hidden ->
                            Observation.current().output("not for outer")
                            hidden.output("nor this")
                            Langfuse.current() shouldBe off
                            off.observation("hidden too").block { Langfuse.current() shouldBe off }
                            a.observation("inner").start().end()
                        }
                    }
                }
                a.flush(DEADLINE)
                val (outer, inner) = localA.observations()
                outer.output.shouldBeNull()
                inner.parentId shouldBe outer.id
            }
        }

        test("a disabled client's block is its own again below another's scope") {
            withLangfuse { local, on ->
                bareBuilder().tracingEnabled(false).build().use { off ->
                    off.observation("a").block { outer ->
                        on.propagate().userId("u").run<RuntimeException> {
                            off.observation("b").block {
                                Langfuse.current() shouldBe off
                                Langfuse.current().observation("leak").start().end()
                            }
                            outer.makeCurrent().use { Langfuse.current() shouldBe off }
                        }
                    }
                }
                on.flush(DEADLINE)
                local.observations().shouldBeEmpty()
            }
        }

        test("a disabled client's handle that is made current elsewhere hides nothing there") {
            withLangfuse { local, on ->
                bareBuilder().tracingEnabled(false).build().use { off ->
                    val ofNowhere = off.observation("x").start()
                    val ofAnother = on.observation("one").block { off.observation("x").start() }
                    on.observation("two").block {
                        listOf(ofNowhere, ofAnother).forEach { handle ->
                            handle.makeCurrent().use {
                                Langfuse.current() shouldBe off
                                on.observation("inner").start().end()
                            }
                        }
                        ofNowhere.makeCurrent().use { on.propagate().userId("u").run<RuntimeException> { } }
                    }
                }
                on.flush(DEADLINE)
                val two = local.observations().single { it.name == "two" }
                two.userId shouldBe "u"
                local.observations().filter { it.name == "inner" }.map { it.parentId } shouldBe listOf(two.id, two.id)
            }
        }

        test("below an ended handle a new top-most span is marked, whatever was begun in it before") {
            withLangfuse { local, langfuse ->
                val handle = langfuse.observation("handle").start()
                handle.observation("early").start().end()
                handle.makeCurrent().use { langfuse.observation("inside").start().end() }
                handle.end()
                handle.observation("late").start().end()
                handle.makeCurrent().use { langfuse.observation("late inside").start().end() }
                langfuse.flush(DEADLINE)
                local.observations().associate { it.name to it.isAppRoot } shouldBe
                    mapOf("handle" to true, "early" to false, "inside" to false, "late" to true, "late inside" to true)
            }
        }

        test("a scope of one client does not write on the observation of another") {
            withLangfuse { localA, a ->
                withLangfuse { _, b ->
                    a.observation("a").block { b.propagate().userId("b's user").run<RuntimeException> { } }
                    a.flush(DEADLINE)
                    localA.observations().single().userId.shouldBeNull()
                }
            }
        }

        test("a scope that is prepared early opens where it is run") {
            val observations =
                received { langfuse ->
                    val scope = langfuse.propagate().userId("u")
                    langfuse.observation("root").block {
                        scope.run<RuntimeException> { langfuse.observation("child").start().end() }
                    }
                }
            observations.single { it.name == "child" }.parentId shouldBe observations.single { it.name == "root" }.id
            observations.forEach { it.userId shouldBe "u" }
        }

        test("an event can say everything at its start, and a block around it ends it") {
            val (said, blocked) =
                received { langfuse ->
                    langfuse
                        .observation("said", EVENT)
                        .output("out")
                        .statusMessage("why")
                        .metadata(mapOf("k" to "v"))
                        .start()
                    langfuse.observation("blocked", EVENT).block { it.output("late") }
                }
            said.output shouldBe "out"
            said.statusMessage shouldBe "why"
            said.metadata["k"] shouldBe "v"
            blocked.output shouldBe "late"
            blocked.startTime shouldBe blocked.endTime
        }

        test("usage and cost that Langfuse would refuse are left out, entry by entry") {
            val generation =
                received { langfuse ->
                    langfuse
                        .observation("g", GENERATION)
                        .start()
                        .usageDetails(mapOf("input" to 1, "wrong" to -1))
                        .costDetails(mapOf("total" to 0.5, "nan" to Double.NaN, "negative" to -1.0))
                        .end()
                }.single()
            generation.attributes["langfuse.observation.usage_details"] shouldBe """{"input":1}"""
            generation.attributes["langfuse.observation.cost_details"] shouldBe """{"total":0.5}"""
        }

        test("an environment of the wrong form is not sent, with a warning that says the form") {
            val warnings =
                warningsOf {
                    received { it.observation("a").environment("NOT OK").start().end() }.single().environment shouldBe
                        "default"
                }
            warnings.single() shouldContain "a-z"
        }
    }) {
    /** Breaks when a part of it is written already. */
    private object Unwritable : AbstractList<Int>() {
        override val size = 2

        override fun get(index: Int): Int = if (index == 0) 1 else error("gone")
    }

    private data class Facts(
        val name: String,
        val number: Int,
    )
}
