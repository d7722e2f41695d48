package com.langfuse.sdk.local.assertion;

import com.langfuse.sdk.local.LocalLangfuse;
import java.util.List;

/**
 * Where assertions begin; made for a static import.
 *
 * <pre>{@code
 * import static com.langfuse.sdk.local.assertion.LangfuseAssertions.*;
 *
 * assertThat(local).trace("user-request")
 *     .hasTree(span("user-request",
 *         generation("llm").model("gpt-4o").usage("input", 12),
 *         tool("fetch")))
 *     .hasUserId("u-1").hasTags("beta");
 * }</pre>
 *
 * <p>There is a function for each type of observation. Children stand in any order unless their
 * parent says {@link ExpectedObservation#inOrder()}, and are all there are unless it says {@link
 * ExpectedObservation#andOthers()}.
 */
public final class LangfuseAssertions {

  /** Begins an assertion on what has arrived there, or is about to. */
  public static LangfuseAssert assertThat(LocalLangfuse local) {
    return new LangfuseAssert(local, null, () -> {});
  }

  /** A {@code SPAN}: any step that is nothing more special. */
  public static ExpectedObservation span(String name, ExpectedObservation... children) {
    return observation("SPAN", name, children);
  }

  /** A {@code GENERATION}: a call of a language model. */
  public static ExpectedObservation generation(String name, ExpectedObservation... children) {
    return observation("GENERATION", name, children);
  }

  /** An {@code EVENT}: a point in time. */
  public static ExpectedObservation event(String name, ExpectedObservation... children) {
    return observation("EVENT", name, children);
  }

  /** An {@code EMBEDDING}: a call of a model that turns text into vectors. */
  public static ExpectedObservation embedding(String name, ExpectedObservation... children) {
    return observation("EMBEDDING", name, children);
  }

  /** An {@code AGENT}: a step that decides what happens next. */
  public static ExpectedObservation agent(String name, ExpectedObservation... children) {
    return observation("AGENT", name, children);
  }

  /** A {@code TOOL}: a call of a function on a model's behalf. */
  public static ExpectedObservation tool(String name, ExpectedObservation... children) {
    return observation("TOOL", name, children);
  }

  /** A {@code CHAIN}: a fixed sequence of steps. */
  public static ExpectedObservation chain(String name, ExpectedObservation... children) {
    return observation("CHAIN", name, children);
  }

  /** A {@code RETRIEVER}: a search for context. */
  public static ExpectedObservation retriever(String name, ExpectedObservation... children) {
    return observation("RETRIEVER", name, children);
  }

  /** An {@code EVALUATOR}: a judgement of an output's quality. */
  public static ExpectedObservation evaluator(String name, ExpectedObservation... children) {
    return observation("EVALUATOR", name, children);
  }

  /** A {@code GUARDRAIL}: a check that keeps bad input or output away. */
  public static ExpectedObservation guardrail(String name, ExpectedObservation... children) {
    return observation("GUARDRAIL", name, children);
  }

  /**
   * An observation of a type that the test computes.
   *
   * @param type such as {@code TOOL}, in any case
   */
  public static ExpectedObservation observation(
      String type, String name, ExpectedObservation... children) {
    return ExpectedObservation.of(type, name, List.of(children));
  }

  private LangfuseAssertions() {}
}
