package com.langfuse.sdk

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.arbitrary
import io.kotest.property.checkAll
import kotlin.random.Random

/** Any nesting of scopes and observations: each observation has exactly the merge of the scopes around it. */
class PropagationPropertyTest :
    FunSpec({
        test("every observation has what its scopes say, inner over outer, and nothing else") {
            withLangfuse { local, langfuse ->
                checkAll(200, programs) { program ->
                    local.clear()
                    val expected = mutableMapOf<String, MutableMap<String, Any>>()
                    program.forEach { it.run(langfuse, Said(), null, expected) }
                    langfuse.flush(DEADLINE).isComplete shouldBe true
                    local.observations().associate { it.name to it.attributes.filterKeys(::isPropagated) } shouldBe
                        expected
                }
            }
        }
    })

private fun isPropagated(key: String) =
    key in setOf("user.id", "session.id", "langfuse.version", "langfuse.trace.tags") ||
        key.startsWith("langfuse.trace.metadata.")

/** What a scope says, and how an inner one adds to it. */
private data class Said(
    val values: Map<String, String> = emptyMap(),
    val tags: List<String> = emptyList(),
) {
    operator fun plus(inner: Said) = Said(values + inner.values, tags + inner.tags.filter { it !in tags })

    fun attributes(): Map<String, Any> =
        values + if (tags.isEmpty()) emptyMap() else mapOf("langfuse.trace.tags" to tags)
}

/** What a scope writes on the observation around it: what it says itself; tags are added. */
@Suppress("UNCHECKED_CAST")
private fun MutableMap<String, Any>.add(said: Said) {
    val tags = this["langfuse.trace.tags"] as List<String>?
    this += Said(said.values, (tags.orEmpty() + said.tags).distinct()).attributes()
}

private sealed interface Step {
    /** Runs it, and notes by hand what each observation has to carry in the end. */
    fun run(langfuse: Langfuse, around: Said, current: String?, expected: MutableMap<String, MutableMap<String, Any>>)
}

private class ObservationStep(
    val name: String,
    val steps: List<Step>,
) : Step {
    override fun run(
        langfuse: Langfuse,
        around: Said,
        current: String?,
        expected: MutableMap<String, MutableMap<String, Any>>,
    ) {
        expected[name] = around.attributes().toMutableMap()
        langfuse.observation(name).block { steps.forEach { it.run(langfuse, around, name, expected) } }
    }
}

private class ScopeStep(
    val said: Said,
    val steps: List<Step>,
) : Step {
    override fun run(
        langfuse: Langfuse,
        around: Said,
        current: String?,
        expected: MutableMap<String, MutableMap<String, Any>>,
    ) {
        val all = around + said
        current?.let { expected.getValue(it).add(said) }
        val scope = langfuse.propagate().tags(said.tags)
        said.values.forEach { (key, value) ->
            when (key) {
                "user.id" -> scope.userId(value)
                "session.id" -> scope.sessionId(value)
                "langfuse.version" -> scope.version(value)
                else -> scope.metadata(key.removePrefix("langfuse.trace.metadata."), value)
            }
        }
        scope.run<RuntimeException> { steps.forEach { it.run(langfuse, all, current, expected) } }
    }
}

private val keys =
    listOf("user.id", "session.id", "langfuse.version", "langfuse.trace.metadata.a", "langfuse.trace.metadata.b")

private val programs: Arb<List<Step>> =
    arbitrary { source ->
        val random = Random(source.random.nextLong())
        var number = 0

        fun steps(depth: Int): List<Step> =
            List(if (depth > 4) 0 else random.nextInt(4)) {
                if (random.nextBoolean()) {
                    ObservationStep("o-${number++}", steps(depth + 1))
                } else {
                    val values = keys.filter { random.nextInt(3) == 0 }.associateWith { "v${random.nextInt(4)}" }
                    ScopeStep(
                        Said(
                            values,
                            List(random.nextInt(3)) {
                                "t${random.nextInt(4)}"
                            }.distinct(),
                        ),
                        steps(depth + 1),
                    )
                }
            }
        steps(0)
    }
