package com.langfuse.sdk

import com.langfuse.sdk.local.LocalObservation
import com.langfuse.sdk.propagation.PropagatedAttributes
import com.langfuse.sdk.propagation.TraceHeaders
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.maps.shouldNotContainKey
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.opentelemetry.api.trace.SpanId
import io.opentelemetry.context.Context
import java.util.concurrent.CountDownLatch
import kotlin.concurrent.thread

private fun Context.wrapped(block: () -> Unit): () -> Unit = { wrap(Runnable(block)).run() }

class PropagationTest :
    FunSpec({
        fun received(
            configure: LangfuseBuilder.() -> Unit = {},
            block: (Langfuse) -> Unit,
        ): Map<String, LocalObservation> =
            withLangfuse(configure) { local, langfuse ->
                block(langfuse)
                langfuse.flush(DEADLINE).isComplete shouldBe true
                local.observations().associateBy { it.name }
            }

        test("every attribute reaches every observation of the scope, and none outside") {
            val observations =
                received { langfuse ->
                    langfuse
                        .propagate()
                        .userId("u")
                        .sessionId("s")
                        .tags("t1", "t2")
                        .metadata("plan", "pro")
                        .metadata(mapOf("seats" to 3))
                        .version("v")
                        .traceName("checkout")
                        .environment("staging")
                        .run<RuntimeException> {
                            langfuse.observation("root").block { langfuse.observation("child").start().end() }
                        }
                    langfuse.observation("outside").start().end()
                }
            listOf("root", "child").map(observations::getValue).forEach {
                it.userId shouldBe "u"
                it.sessionId shouldBe "s"
                it.tags shouldContainExactly listOf("t1", "t2")
                it.attributes["langfuse.trace.metadata.plan"] shouldBe "pro"
                it.attributes["langfuse.trace.metadata.seats"] shouldBe "3"
                it.version shouldBe "v"
                it.traceName shouldBe "checkout"
                it.environment shouldBe "staging"
            }
            val outside = observations.getValue("outside")
            outside.userId.shouldBeNull()
            outside.environment shouldBe "default"
            outside.tags shouldHaveSize 0
        }

        test("the observation that is current when the scope opens gets the attributes too") {
            received { langfuse ->
                langfuse.observation("current").block { langfuse.propagate().userId("late").run<RuntimeException> { } }
            }.getValue("current").userId shouldBe "late"
        }

        test("a scope writes on the current observation only what it says, and adds its tags to those that are there") {
            val current =
                received { langfuse ->
                    langfuse
                        .propagate()
                        .userId("outer")
                        .sessionId("outer")
                        .version("outer")
                        .traceName("outer")
                        .environment("outer")
                        .prompt(PromptReference("outer", 1))
                        .metadata("plan", "outer")
                        .tags("a")
                        .run<RuntimeException> {
                            langfuse.observation("current").block { current ->
                                val before = Context.current()
                                langfuse
                                    .propagate()
                                    .userId("later")
                                    .sessionId("later")
                                    .version("later")
                                    .traceName("later")
                                    .environment("later")
                                    .prompt(PromptReference("later", 2))
                                    .metadata("plan", "later")
                                    .tags("b")
                                    .context()
                                // As a branch that began before and knows nothing of the other.
                                before.makeCurrent().use {
                                    langfuse.propagate().tags("c", "a").run<RuntimeException> { }
                                    langfuse.propagate().metadata("seats", 3).run<RuntimeException> { }
                                    langfuse.propagate().run<RuntimeException> { }
                                }
                                current.output("done")
                            }
                        }
                }.getValue("current")
            current.userId shouldBe "later"
            current.sessionId shouldBe "later"
            current.version shouldBe "later"
            current.traceName shouldBe "later"
            current.environment shouldBe "later"
            current.attributes["langfuse.observation.prompt.name"] shouldBe "later"
            current.attributes["langfuse.observation.prompt.version"] shouldBe 2L
            current.metadata["plan"] shouldBe "later"
            current.metadata["seats"] shouldBe "3"
            current.tags shouldContainExactly listOf("a", "b", "c")
        }

        test(
            "concurrent branches that open scopes around the same observation lose none of each other's tags and users",
        ) {
            val branches = 64
            val current =
                received { langfuse ->
                    langfuse.propagate().userId("outer").tags("outer").run<RuntimeException> {
                        langfuse.observation("current").block {
                            val context = Context.current()
                            langfuse.propagate().userId("set by one").context()
                            val start = CountDownLatch(1)
                            val threads =
                                (1..branches).map { i ->
                                    thread {
                                        context.makeCurrent().use {
                                            start.await()
                                            langfuse.propagate().tags("t$i").metadata("m$i", i).context()
                                        }
                                    }
                                }
                            start.countDown()
                            threads.forEach(Thread::join)
                        }
                    }
                }.getValue("current")
            current.userId shouldBe "set by one"
            current.tags.toSet() shouldBe (1..branches).map { "t$it" }.toSet() + "outer"
            (1..branches).forEach { current.metadata["m$it"] shouldBe "$it" }
        }

        test("scopes nest: scalars override, metadata merges, tags are appended once; the outer ones come back") {
            val observations =
                received { langfuse ->
                    langfuse.propagate().userId(
                        "outer",
                    ).sessionId("s").tags("a", "b").metadata("k", 1).metadata("o", 1).run<RuntimeException> {
                        langfuse.propagate().userId("inner").tags("b", "c").metadata("k", 2).run<RuntimeException> {
                            langfuse.observation("in").start().end()
                        }
                        langfuse.observation("after").start().end()
                    }
                }
            val inner = observations.getValue("in")
            inner.userId shouldBe "inner"
            inner.sessionId shouldBe "s"
            inner.tags shouldContainExactly listOf("a", "b", "c")
            inner.metadata["k"] shouldBe "2"
            inner.metadata["o"] shouldBe "1"
            val after = observations.getValue("after")
            after.userId shouldBe "outer"
            after.tags shouldContainExactly listOf("a", "b")
            after.metadata["k"] shouldBe "1"
        }

        test("explicit wins over propagated, propagated over the client's") {
            val observations =
                received({ environment("client").release("r1") }) { langfuse ->
                    langfuse.observation("plain").start().end()
                    langfuse.propagate().environment("scope").version("scope").run<RuntimeException> {
                        langfuse.observation("scoped").start().end()
                        langfuse.observation("explicit").environment("own").version("own").start().end()
                    }
                }
            observations.getValue("plain").environment shouldBe "client"
            observations.getValue("plain").release shouldBe "r1"
            observations.getValue("scoped").environment shouldBe "scope"
            observations.getValue("scoped").version shouldBe "scope"
            observations.getValue("explicit").environment shouldBe "own"
            observations.getValue("explicit").version shouldBe "own"
        }

        test("values that Langfuse would refuse are dropped with a warning that names them, blank ones silently") {
            val long = "x".repeat(201)
            val warnings =
                warningsOf {
                    val observation =
                        received { langfuse ->
                            langfuse
                                .propagate()
                                .userId(long)
                                .sessionId("")
                                .tags("ok", long)
                                .metadata("k", long)
                                .environment("Not OK")
                                .run<RuntimeException> { langfuse.observation("a").start().end() }
                        }.getValue("a")
                    observation.userId.shouldBeNull()
                    observation.sessionId.shouldBeNull()
                    observation.tags shouldContainExactly listOf("ok")
                    observation.attributes shouldNotContainKey "langfuse.trace.metadata.k"
                    observation.environment shouldBe "default"
                }
            listOf("userId", "tag", "metadata.k", "environment").forEach { name ->
                warnings.count { "'$name'" in it } shouldBe 1
            }
            warnings.first { "'userId'" in it } shouldContain "over 200 characters (201 chars). Dropping value."
            warnings shouldHaveSize 4
        }

        test("a value whose toString throws is dropped with a warning") {
            val warnings =
                warningsOf {
                    received { langfuse ->
                        langfuse.propagate().metadata("hostile", HasHostileToString).run<RuntimeException> {
                            langfuse.observation("a").start().end()
                        }
                    }.getValue("a").attributes shouldNotContainKey "langfuse.trace.metadata.hostile"
                }
            warnings.single() shouldContain "'metadata.hostile'"
        }

        test("a value of exactly 200 characters is kept") {
            val id = "x".repeat(200)
            received { langfuse ->
                langfuse.propagate().userId(id).run<RuntimeException> { langfuse.observation("a").start().end() }
            }
                .getValue("a")
                .userId shouldBe id
        }

        test("the scope is undone on the thread") {
            withLangfuse { _, langfuse ->
                langfuse.propagate().userId("u").call<Unit, RuntimeException> {
                    PropagatedAttributes.from(Context.current()).asAttributes().size() shouldBe 1
                }
                Context.current() shouldBe Context.root()
            }
        }

        test("what is applied to a running observation is on it and on all that is started below it from then on") {
            val observations =
                received { langfuse ->
                    val root = langfuse.propagate().userId(
                        "anonymous",
                    ).tags("web").call<Observation, RuntimeException> {
                        langfuse.observation("root").start()
                    }
                    val before = root.context()
                    root.observation("early").start().end()
                    langfuse.propagate().userId("ada").sessionId("s").tags("late").applyTo(root)
                    root.observation("by handle").start().also { it.observation("grandchild").start().end() }.end()
                    thread(block = root.context().wrapped { langfuse.observation("by context").block { } }).join()
                    root.makeCurrent().use { langfuse.observation("where it is current").block { } }
                    before.makeCurrent().use { langfuse.observation("in an older context").block { } }
                    root.makeCurrent().use {
                        langfuse.propagate().userId("inner").run<RuntimeException> {
                            langfuse.observation("in a scope").block { }
                        }
                    }
                    langfuse.propagate().sessionId("s-2").applyTo(root)
                    root.observation("again").start().end()
                    root.end()
                    langfuse.observation("outside").start().end()
                }

            fun about(name: String) = observations.getValue(name).let { Triple(it.userId, it.sessionId, it.tags) }
            about("early") shouldBe Triple("anonymous", null, listOf("web"))
            listOf("by handle", "by context", "where it is current", "in an older context").forEach {
                withClue(it) {
                    about(it) shouldBe Triple("ada", "s", listOf("web", "late"))
                    observations.getValue(it).parentId shouldBe observations.getValue("root").id
                }
            }
            about("in a scope") shouldBe Triple("inner", "s", listOf("web", "late"))
            about("again") shouldBe Triple("ada", "s-2", listOf("web", "late"))
            observations.getValue("root").let { it.sessionId to it.tags } shouldBe ("s-2" to listOf("web", "late"))
            about("outside") shouldBe Triple(null, null, emptyList<String>())
        }

        test("what is applied to an observation goes out as baggage where that is said, and nowhere else") {
            withLangfuse { _, langfuse ->
                fun sent(observation: Observation): String? {
                    val headers = mutableMapOf<String, String>()
                    observation.makeCurrent().use { TraceHeaders.inject(headers::put) }
                    return headers["baggage"]
                }
                val root = langfuse.observation("root").start()
                langfuse.propagate().userId("ada").applyTo(root)
                sent(root).orEmpty() shouldNotContain "ada"
                langfuse.propagate().sessionId("s").asBaggage().applyTo(root)
                sent(root)!! shouldContain "langfuse_user_id=ada"
                sent(root)!! shouldContain "langfuse_session_id=s"
                root.end()
            }
        }

        test("applied by many threads while children start, nothing of it is lost") {
            val observations =
                received { langfuse ->
                    val root = langfuse.observation("root").start()
                    val go = CountDownLatch(1)
                    (1..8)
                        .map { number ->
                            thread {
                                go.await()
                                repeat(200) {
                                    langfuse.propagate().metadata("key-$number", it).applyTo(root)
                                    root.context()
                                }
                            }
                        }.also { go.countDown() }
                        .forEach { it.join() }
                    root.observation("after").start().end()
                    root.end()
                }
            (1..8).forEach {
                observations.getValue("after").attributes["langfuse.trace.metadata.key-$it"] shouldBe "199"
            }
        }

        test("nothing is applied to an observation of a disabled client, or to the one that ignores everything") {
            bareBuilder().tracingEnabled(false).build().use { langfuse ->
                val observation = langfuse.observation("a").start()
                langfuse.propagate().userId("u").applyTo(observation)
                langfuse.propagate().userId("u").applyTo(Observation.current())
                observation.id() shouldBe SpanId.getInvalid()
            }
        }
    }) {
    private object HasHostileToString {
        override fun toString(): String = error("no")
    }
}
