package com.langfuse.sdk

import com.langfuse.sdk.ObservationType.GENERATION
import com.langfuse.sdk.score.Score
import com.langfuse.sdk.score.Scores
import io.kotest.assertions.throwables.shouldNotThrowAny
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.throwables.shouldThrowAny
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.lang.reflect.Method
import java.time.Duration
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit

/** Whatever the application hands in, recording does not disturb it, enabled or not. */
class NeverThrowsTest :
    FunSpec({
        val hostileMaps: List<Map<String, Any>> =
            listOf(HostileMap(AssertionError("entries")), HostileMap(IllegalStateException("entries")))

        val cases: Map<String, (Langfuse) -> Unit> =
            buildMap {
                put("a hostile map as metadata") { l ->
                    hostileMaps.forEach { l.observation("a").start().metadata(it).end() }
                }
                put("a hostile map as model parameters") { l ->
                    hostileMaps.forEach {
                        l.observation("a", GENERATION).modelParameters(it).start().modelParameters(it).end()
                    }
                }
                put("a hostile map as usage") { l ->
                    l.observation("a", GENERATION).start().usageDetails(HostileMap(AssertionError("x"))).end()
                }
                put("a hostile map as propagated metadata") { l ->
                    hostileMaps.forEach { l.propagate().metadata(it).context() }
                }
                put("a hostile collection as tags") { l -> l.propagate().tags(HostileList).context() }
                put("an input that throws an Error") { l ->
                    l.observation("a").input(HostileList).start().output(HostileList).end()
                }
                put("a propagated value whose toString throws an Error") { l ->
                    l.propagate().metadata("k", HostileText).context()
                }
                put("a key that is null in a map") { l ->
                    l.observation("a").start().metadata(mapOf(null to 1)).end()
                    @Suppress("UNCHECKED_CAST")
                    l.propagate().metadata(mapOf(null to 1) as Map<String, *>).run<RuntimeException> { }
                }
                put("a flush and a close that wait for ever") { l ->
                    l.flush(Duration.ofSeconds(Long.MAX_VALUE))
                    l.close(Duration.ofSeconds(Long.MAX_VALUE))
                }
            }

        cases.forEach { (name, case) ->
            test("$name does not disturb the program") {
                warningsOf {
                    withLangfuse { _, langfuse -> shouldNotThrowAny { case(langfuse) } }
                    bareBuilder().tracingEnabled(false).build().use { disabled ->
                        shouldNotThrowAny { case(disabled) }
                    }
                }
            }
        }

        // Kotlin would not let null through, Java does: each public method is called with null for everything.
        fun callWithNulls(target: Any, type: Class<*>) {
            type.methods
                .filter { method ->
                    method.parameterTypes.any { !it.isPrimitive } &&
                        method.declaringClass != Any::class.java
                }
                .filterNot { it.name in setOf("call", "run", "callAsync", "end") }
                .forEach { method: Method ->
                    shouldNotThrowAny {
                        method.invoke(
                            target,
                            *method.parameterTypes.map<Class<*>, Any?> {
                                when (it) {
                                    Int::class.java -> 1
                                    Double::class.java -> 1.0
                                    Boolean::class.java -> true
                                    else -> null
                                }
                            }.toTypedArray(),
                        )
                    }
                }
        }

        test("null for every argument of every recording method") {
            warningsOf {
                withLangfuse { local, langfuse ->
                    callWithNulls(langfuse.observation("a").start(), Observation::class.java)
                    callWithNulls(langfuse.observation("a", GENERATION).start(), Generation::class.java)
                    callWithNulls(langfuse.observation("a"), ObservationBuilder::class.java)
                    callWithNulls(langfuse.propagate(), Propagation::class.java)
                    callWithNulls(Score.bool("a", true), Score::class.java)
                    callWithNulls(langfuse.scores(), Scores::class.java)
                    val untyped = Langfuse::class.java.getMethod(
                        "observation",
                        String::class.java,
                        ObservationType::class.java,
                    )
                    (untyped.invoke(langfuse, null, null) as ObservationBuilder<*>).start().end()
                    langfuse
                        .observation("b", GENERATION)
                        .prompt(
                            PromptReference::class.java.constructors.single().newInstance(null, 1) as PromptReference,
                        )
                        .start()
                        .end()
                    langfuse.flush(DEADLINE).observations().isComplete shouldBe true
                    local.observations().map { it.type } shouldContainExactlyInAnyOrder
                        listOf("EVENT", "EVENT", "SPAN", "GENERATION")
                }
            }
        }

        test("an exception that cannot be looked at leaves as it is, and its observation ends") {
            class Hostile : RuntimeException() {
                override val message: String get() = throw AssertionError("message")
                override val cause: Throwable get() = throw AssertionError("cause")

                override fun getStackTrace(): Array<StackTraceElement> = throw AssertionError("stack")
            }
            val thrown = Hostile()
            warningsOf {
                withLangfuse { local, langfuse ->
                    shouldThrow<Hostile> { langfuse.observation("call").block { throw thrown } } shouldBeSameInstanceAs
                        thrown
                    val future = langfuse.observation("async").callAsync {
                        CompletableFuture.failedFuture<String>(thrown)
                    }
                    shouldThrowAny { future.get(DEADLINE.toSeconds(), TimeUnit.SECONDS) }
                    langfuse.flush(DEADLINE).exported() shouldBe 2
                    local.observations().forEach { it.level shouldBe "ERROR" }
                }
            }
        }
    }) {
    private class HostileMap<V>(
        private val thrown: Throwable,
    ) : AbstractMap<String, V>() {
        override val entries: Set<Map.Entry<String, V>> get() = throw thrown
    }

    private object HostileList : AbstractList<String>() {
        override val size: Int get() = throw NotImplementedError("size")

        override fun get(index: Int): String = throw NotImplementedError("get")
    }

    private object HostileText {
        override fun toString(): String = throw AssertionError("no text")
    }
}
