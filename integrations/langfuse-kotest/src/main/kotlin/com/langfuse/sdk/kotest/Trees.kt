package com.langfuse.sdk.kotest

import com.langfuse.sdk.local.LocalLangfuse
import com.langfuse.sdk.local.LocalTrace
import com.langfuse.sdk.local.assertion.LangfuseAssertions
import com.langfuse.sdk.local.assertion.TraceAssert
import kotlin.time.Duration
import kotlin.time.toJavaDuration

/**
 * Begins an assertion on a trace, which need not be there yet. Where several have the name, it is about one that fits.
 */
public fun LocalLangfuse.trace(name: String): TraceAssert = LangfuseAssertions.assertThat(this).trace(name)

/** How long each assertion from here on waits; five seconds unless said. */
public fun TraceAssert.within(deadline: Duration): TraceAssert = within(deadline.toJavaDuration())

/**
 * Waits until the trace is as the block says, which stands for all its observations, and returns it.
 *
 * ```
 * local.trace("user-request") shouldHaveTree {
 *     userId("u-1")
 *     span("user-request") {
 *         inOrder()
 *         retriever("search") { andOthers() }
 *         generation("llm") {
 *             model("gpt-4o")
 *             usage(input = 12, output = 34)
 *             output { "fog" in it }
 *         }
 *     }
 * }
 * ```
 *
 * Types and names must be equal; fields are compared only if they are named. Siblings stand in any order. Blocks the
 * thread while it waits.
 *
 * @throws AssertionError on the deadline, or as soon as nothing more can come from the extension's client; the message
 * has a sentence for each difference and shows both trees
 */
public infix fun TraceAssert.shouldHaveTree(tree: ExpectedTree.() -> Unit): LocalTrace {
    val expected = ExpectedTree().apply(tree)
    hasTree(*expected.siblings.toTypedArray())
    expected.ofTrace.forEach { assertion -> assertion(this) }
    return get()
}
