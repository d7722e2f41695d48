/**
 * Assertions on what a program traced, for any test framework: {@link
 * com.langfuse.sdk.local.assertion.LangfuseAssertions#assertThat assertThat}, a tree of {@link
 * com.langfuse.sdk.local.assertion.ExpectedObservation}s, and a message that shows both trees.
 *
 * <pre>{@code
 * assertThat(local).trace("user-request")
 *     .hasTree(span("user-request", generation("llm").model("gpt-4o"), tool("fetch")))
 *     .hasUserId("u-1");
 * }</pre>
 *
 * <p>How it works: {@code TraceAssert} waits for a trace that all its {@code Expectation}s fit.
 * {@code TreeComparison} pairs expected with actual observations so that the pairs are as alike as
 * can be, with {@code Assignment} for siblings in any order and {@code Alignment} for those in
 * order. A tree fits when nothing differs; else {@code SideBySide} draws the pairs.
 */
@NullMarked
package com.langfuse.sdk.local.assertion;

import org.jspecify.annotations.NullMarked;
