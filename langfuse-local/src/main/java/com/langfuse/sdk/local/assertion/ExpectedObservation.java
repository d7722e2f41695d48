package com.langfuse.sdk.local.assertion;

import com.langfuse.sdk.local.LocalObservation;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What one observation should be, and those below it. Type and name must be equal, and there must
 * be no other children; fields are compared only if they are named here.
 *
 * <pre>{@code
 * span("user-request",
 *         retriever("search").andOthers(),             // whatever else is below it
 *         generation("llm").model("gpt-4o").usage("input", 12).output(Map.of("answer", 42)))
 *     .inOrder()                                        // the search first
 * }</pre>
 *
 * <p>Made by the functions of {@link LangfuseAssertions}. Immutable: each method returns a new one.
 */
public final class ExpectedObservation {

  private final String type;
  private final String name;
  private final List<Field<LocalObservation>> fields;
  private final List<ExpectedObservation> children;
  private final boolean ordered;
  private final boolean others;
  private final int size;

  private ExpectedObservation(
      String type,
      String name,
      List<Field<LocalObservation>> fields,
      List<ExpectedObservation> children,
      boolean ordered,
      boolean others) {
    this.type = type;
    this.name = name;
    this.fields = List.copyOf(fields);
    this.children = List.copyOf(children);
    this.ordered = ordered;
    this.others = others;
    this.size = 1 + children.stream().mapToInt(ExpectedObservation::size).sum();
  }

  static ExpectedObservation of(String type, String name, List<ExpectedObservation> children) {
    Objects.requireNonNull(name, "name");
    String upper = type.toUpperCase(Locale.ROOT);
    return new ExpectedObservation(upper, name, List.of(), children, false, false);
  }

  /** The model, as the program named it. */
  public ExpectedObservation model(String model) {
    return with(Field.text("model", model, LocalObservation::model));
  }

  /** One parameter of the model; a number, text, or what JSON says about it. */
  public ExpectedObservation modelParameter(String key, Object value) {
    return with(
        Field.stored("modelParameter." + key, value, each -> each.modelParameters().get(key)));
  }

  /**
   * Tokens of one bucket; other buckets are not looked at.
   *
   * @param bucket such as {@code input} or {@code output}
   */
  public ExpectedObservation usage(String bucket, long tokens) {
    return with(Field.text("usage." + bucket, "" + tokens, each -> text(each.usage().get(bucket))));
  }

  /** Cost of one bucket in US dollars; other buckets are not looked at. */
  public ExpectedObservation cost(String bucket, double usDollars) {
    String wanted = plain(usDollars);
    return with(
        Field.text(
            "cost." + bucket,
            wanted,
            each -> each.cost().get(bucket) == null ? null : plain(each.cost().get(bucket))));
  }

  /**
   * How bad it was.
   *
   * @param level {@code DEBUG}, {@code DEFAULT}, {@code WARNING} or {@code ERROR}
   */
  public ExpectedObservation level(String level) {
    return with(Field.text("level", level, LocalObservation::level));
  }

  /** The message beside the level, such as an exception's. */
  public ExpectedObservation statusMessage(String message) {
    return with(Field.text("status message", message, LocalObservation::statusMessage));
  }

  /**
   * The input. JSON objects and arrays are compared by what they mean, all else as text.
   *
   * @param input text, or something that becomes JSON: a map, list, number, record
   * @throws IllegalArgumentException if it cannot be written as JSON
   */
  public ExpectedObservation input(Object input) {
    return with(Field.stored("input", input, LocalObservation::input));
  }

  /**
   * An input that is there and satisfies a condition, which is given the text as stored. One at
   * which it throws does not.
   */
  public ExpectedObservation input(Predicate<? super String> condition) {
    return with(Field.satisfying("input", condition, LocalObservation::input));
  }

  /** The output; compared like {@link #input(Object)}. */
  public ExpectedObservation output(Object output) {
    return with(Field.stored("output", output, LocalObservation::output));
  }

  /** An output that is there and satisfies a condition; see {@link #input(Predicate)}. */
  public ExpectedObservation output(Predicate<? super String> condition) {
    return with(Field.satisfying("output", condition, LocalObservation::output));
  }

  /** One entry of the metadata, compared like {@link #input(Object)}; others are not looked at. */
  public ExpectedObservation metadata(String key, Object value) {
    return with(Field.stored("metadata." + key, value, each -> each.metadata().get(key)));
  }

  /** The version of this observation, else of the service. */
  public ExpectedObservation version(String version) {
    return with(Field.text("version", version, LocalObservation::version));
  }

  /** The prompt of Langfuse that a generation used. */
  public ExpectedObservation prompt(String promptName, int version) {
    return with(
        Field.text(
            "prompt",
            promptName + " " + version,
            each ->
                each.promptName() == null ? null : each.promptName() + " " + each.promptVersion()));
  }

  /** That the time of the first token was recorded, whenever it was. */
  public ExpectedObservation hasTimeToFirstToken() {
    return with(Field.present("time to first token", each -> text(each.completionStartTime())));
  }

  /** The children start in the order in which they stand here, which otherwise does not matter. */
  public ExpectedObservation inOrder() {
    return new ExpectedObservation(type, name, fields, children, true, others);
  }

  /** There may be more children than those that stand here, with anything below them. */
  public ExpectedObservation andOthers() {
    return new ExpectedObservation(type, name, fields, children, ordered, true);
  }

  private ExpectedObservation with(Field<LocalObservation> field) {
    List<Field<LocalObservation>> more = new ArrayList<>(fields);
    more.add(field);
    return new ExpectedObservation(type, name, more, children, ordered, others);
  }

  private static @Nullable String text(@Nullable Object value) {
    return value == null ? null : value.toString();
  }

  /** 0.1 is 0.1, not 1e-1. */
  private static String plain(double number) {
    return BigDecimal.valueOf(number).stripTrailingZeros().toPlainString();
  }

  String type() {
    return type;
  }

  String name() {
    return name;
  }

  List<Field<LocalObservation>> fields() {
    return fields;
  }

  List<ExpectedObservation> children() {
    return children;
  }

  boolean isOrdered() {
    return ordered;
  }

  boolean allowsOthers() {
    return others;
  }

  /** How many observations are expected here, with this one. */
  int size() {
    return size;
  }
}
