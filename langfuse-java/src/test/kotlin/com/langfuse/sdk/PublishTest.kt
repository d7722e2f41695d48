package com.langfuse.sdk

import com.langfuse.sdk.ObservationType.EVENT
import com.langfuse.sdk.local.LocalObservation
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.opentelemetry.sdk.trace.SpanProcessor
import java.time.Instant
import java.util.concurrent.CompletableFuture

/** The public mark, on each observation of a trace that ends after it was published: some servers go by the last one. */
class PublishTest :
    FunSpec({
        fun marked(
            configure: LangfuseBuilder.() -> Unit = {},
            block: (Langfuse) -> Unit,
        ): Set<String> =
            observationsOf(configure, block).filter(LocalObservation::isPublic).map { it.name }.toSet()

        test("children that end later are public, with propagated attributes and without") {
            marked { langfuse ->
                langfuse.observation("root").block { root ->
                    langfuse.observation("before").start().end()
                    val running = langfuse.observation("running").start()
                    root.publishTrace()
                    langfuse.observation("child").block { langfuse.observation("grandchild").start().end() }
                    langfuse.propagate().userId("u").tags("t").run<RuntimeException> {
                        langfuse.observation("in a scope").start().end()
                        langfuse.observation("event", EVENT).start()
                    }
                    langfuse.observation("async").callAsync { CompletableFuture.completedFuture(1) }.join()
                    running.end(Instant.now())
                }
                langfuse.observation("another trace").start().end()
            } shouldBe setOf("root", "running", "child", "grandchild", "in a scope", "event", "async")
        }

        test("published from below, by handles that are never current, and from any thread") {
            marked { langfuse ->
                val root = langfuse.observation("root").start()
                val branch = root.observation("branch").start()
                val leaf = branch.observation("leaf").start()
                val sibling = root.observation("sibling").start()
                leaf.publishTrace()
                leaf.end()
                Thread { sibling.observation("late").start().end() }.apply { start() }.join()
                sibling.end()
                branch.end()
                root.end()
                langfuse.observation("another trace").start().end()
            } shouldBe setOf("root", "branch", "leaf", "sibling", "late")
        }

        test("of a trace that was begun elsewhere what is recorded here is public") {
            marked { langfuse ->
                langfuse.observation("here").parent(TraceContext.fromSeed("seed")).block { here ->
                    here.publishTrace()
                    langfuse.observation("below").start().end()
                }
            } shouldBe setOf("here", "below")
        }

        test("every observation of the trace, also those of another call and those begun after a late user") {
            marked { langfuse ->
                val trace = TraceContext.fromSeed("seed")
                val first = langfuse.observation("first").parent(trace).start()
                val second = langfuse.observation("second").parent(trace).start()
                first.publishTrace()
                first.end()
                second.observation("below").start().end()
                second.end()
                langfuse.observation("third").parent(trace).start().end()
            } shouldBe setOf("first", "second", "below", "third")
            marked { langfuse ->
                val root = langfuse.observation("root").start()
                root.publishTrace()
                langfuse.propagate().userId("u").applyTo(root)
                root.observation("by its handle").start().end()
                root.makeCurrent().use { langfuse.observation("where it is current").start().end() }
                root.end()
            } shouldBe setOf("root", "by its handle", "where it is current")
        }

        test("each client publishes its own trace, also where observations of another one lie between") {
            withLangfuse { localOther, other ->
                marked { langfuse ->
                    langfuse.observation("outer").block { outer ->
                        other.observation("between").block {
                            langfuse.observation("inner").block {
                                outer.publishTrace()
                                langfuse.observation("innermost").start().end()
                            }
                        }
                    }
                } shouldBe setOf("outer", "inner", "innermost")
                other.flush(DEADLINE)
                localOther.observations().map { it.isPublic } shouldBe listOf(false)
            }
        }

        test("with a filter and with processors of the application's") {
            marked({ filter { true }.spanProcessor(SpanProcessor.composite()) }) { langfuse ->
                langfuse.observation("root").block { root ->
                    root.publishTrace()
                    langfuse.observation("child").start().end()
                }
            } shouldBe setOf("root", "child")
        }

        test(
            "on a provider of the application's, spans of other tracers too, below them, and published by one of them",
        ) {
            withAttached { local, langfuse, provider ->
                val tracer = provider.get("openinference")
                langfuse.observation("root").block { root ->
                    tracer.spanBuilder("before").startSpan().end()
                    root.publishTrace()
                    val chat = tracer.spanBuilder("chat").startSpan()
                    chat.makeCurrent().use { langfuse.observation("tool").start().end() }
                    chat.end()
                }
                val agent = tracer.spanBuilder("agent").startSpan()
                agent.makeCurrent().use {
                    Observation.current().publishTrace()
                    tracer.spanBuilder("model").startSpan().end()
                    langfuse.observation("ours").start().end()
                }
                agent.end()
                tracer.spanBuilder("another trace").startSpan().end()
                langfuse.flush(DEADLINE)
                local.observations().filter { it.isPublic }.map { it.name }.toSet() shouldBe
                    setOf("root", "chat", "tool", "agent", "model", "ours")
            }
        }

        test("below an observation that was published and has ended") {
            marked { langfuse ->
                val root = langfuse.observation("root").start()
                root.publishTrace()
                root.end()
                val child = root.observation("child").start()
                child.end()
                child.observation("grandchild").block { langfuse.observation("below").start().end() }
            } shouldBe setOf("root", "child", "grandchild", "below")
        }

        test("publishing after the end does nothing") {
            marked { langfuse ->
                val root = langfuse.observation("root").start()
                root.end()
                root.publishTrace()
                root.observation("child").start().end()
            } shouldBe emptySet()
        }
    })
