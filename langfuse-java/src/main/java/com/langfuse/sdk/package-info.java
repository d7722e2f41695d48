/**
 * Langfuse tracing for the JVM.
 *
 * <p>An <em>observation</em> is one step of your program: an LLM call, a tool, a retrieval, an
 * agent's turn. Observations nest; a tree of them is a <em>trace</em>.
 *
 * <pre>{@code
 * try (Langfuse langfuse = Langfuse.fromEnv()) {
 *   String joke = langfuse.observation("joke", GENERATION)
 *       .model("gpt-4o").input(question)
 *       .call(generation -> {
 *         String text = llm.ask(question);
 *         generation.output(text).usageDetails(Usage.of(12, 34));
 *         return text;
 *       });
 * }
 * }</pre>
 *
 * <ol>
 *   <li>{@link com.langfuse.sdk.Langfuse} is the door: it opens observations, propagates
 *       attributes, flushes. {@link com.langfuse.sdk.LangfuseBuilder} configures it.
 *   <li>{@link com.langfuse.sdk.ObservationBuilder} holds what is known before the start, and ends
 *       in one of four verbs: {@code call}, {@code run}, {@code callAsync} for blocks, {@code
 *       start} for an observation that you end yourself.
 *   <li>{@link com.langfuse.sdk.Observation} is the running step; {@link
 *       com.langfuse.sdk.Generation} adds what models have: tokens, cost, parameters. Which of the
 *       two you get is said by the {@link com.langfuse.sdk.ObservationType}.
 *   <li>{@link com.langfuse.sdk.Observed} makes a function that is an observation each time it is
 *       called, and follows futures and streams to their end; {@link
 *       com.langfuse.sdk.StreamRecorder} does so by hand.
 *   <li>{@link com.langfuse.sdk.Propagation} gives user, session and tags to all observations of a
 *       scope; {@link com.langfuse.sdk.propagation.TraceHeaders} takes them to other services;
 *       {@link com.langfuse.sdk.TraceContext} goes on with a trace from elsewhere.
 *   <li>{@link com.langfuse.sdk.score.Score} says what somebody thinks of an observation, a trace,
 *       a session or a run over a dataset.
 *   <li>Ended observations leave through {@link com.langfuse.sdk.export}, as {@link
 *       com.langfuse.sdk.Mask} and {@link com.langfuse.sdk.export.SpanFilter} allow; {@link
 *       com.langfuse.sdk.Langfuse#flush} tells what became of them.
 * </ol>
 *
 * <p>Two rules hold everywhere. Configuration fails fast, with a message that names the setting.
 * Recording never throws into your program and never blocks it.
 */
@NullMarked
package com.langfuse.sdk;

import org.jspecify.annotations.NullMarked;
