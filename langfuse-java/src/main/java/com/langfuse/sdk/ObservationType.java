package com.langfuse.sdk;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What kind of step an observation is. Ten constants; the type parameter says what you hold while
 * it runs.
 *
 * <pre>{@code
 * langfuse.observation("search", RETRIEVER).run(retriever -> …);   // an Observation
 * langfuse.observation("chat", GENERATION).run(generation -> …);   // a Generation, with tokens and cost
 * }</pre>
 *
 * @param <O> the handle: {@link Generation} for the two types that call a model, else {@link
 *     Observation}
 */
public final class ObservationType<O extends Observation> {

  /** Any step that is nothing more special; the default. */
  public static final ObservationType<Observation> SPAN = typeOfStep("span");

  /** A call of a language model. */
  public static final ObservationType<Generation> GENERATION = typeOfModel("generation");

  /** A point in time: ended as soon as it is started. */
  public static final ObservationType<Observation> EVENT = typeOfStep("event");

  /** A call of a model that turns text into vectors. */
  public static final ObservationType<Generation> EMBEDDING = typeOfModel("embedding");

  /** A step that decides what happens next, with the help of a model. */
  public static final ObservationType<Observation> AGENT = typeOfStep("agent");

  /** A call of a function or service on a model's behalf. */
  public static final ObservationType<Observation> TOOL = typeOfStep("tool");

  /** A fixed sequence of steps, or the glue between them. */
  public static final ObservationType<Observation> CHAIN = typeOfStep("chain");

  /** A search for context: vector store, database, files. */
  public static final ObservationType<Observation> RETRIEVER = typeOfStep("retriever");

  /** A judgement of an output's quality. */
  public static final ObservationType<Observation> EVALUATOR = typeOfStep("evaluator");

  /** A check that keeps bad input or output away. */
  public static final ObservationType<Observation> GUARDRAIL = typeOfStep("guardrail");

  private static final List<ObservationType<?>> ALL =
      List.of(
          SPAN, GENERATION, EVENT, EMBEDDING, AGENT, TOOL, CHAIN, RETRIEVER, EVALUATOR, GUARDRAIL);

  private final String wireName;
  private final Function<OtelObservation, O> shape;

  private ObservationType(String wireName, Function<OtelObservation, O> shape) {
    this.wireName = wireName;
    this.shape = shape;
  }

  private static ObservationType<Observation> typeOfStep(String wireName) {
    return new ObservationType<>(wireName, observation -> observation);
  }

  private static ObservationType<Generation> typeOfModel(String wireName) {
    return new ObservationType<>(wireName, observation -> observation);
  }

  /** All ten, in Langfuse's order. */
  public static List<ObservationType<?>> values() {
    return ALL;
  }

  /** The word Langfuse knows this type by: lower case, such as {@code generation}. */
  public String wireName() {
    return wireName;
  }

  /** For callers that pass null: the one implementation can be seen as either shape. */
  @SuppressWarnings("unchecked")
  static <O extends Observation> ObservationType<? extends O> orSpan(
      @Nullable ObservationType<? extends O> type) {
    return type == null ? (ObservationType<O>) SPAN : type;
  }

  /** The one implementation, seen as what this type's user may do with it. */
  O shape(OtelObservation observation) {
    return shape.apply(observation);
  }

  @Override
  public String toString() {
    return wireName;
  }
}
