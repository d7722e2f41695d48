package com.langfuse.sdk.local.assertion;

import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One thing that is compared, and how to say it.
 *
 * @param <S> what has it
 * @param name as in {@code model is gpt-4o-mini, not gpt-4o}
 * @param wanted null where a condition decides
 * @param value the actual one as text; null when there is none
 */
record Field<S>(
    String name,
    @Nullable String wanted,
    Function<S, @Nullable String> value,
    Predicate<@Nullable String> condition) {

  /** Exactly this text. */
  static <S> Field<S> text(String name, String wanted, Function<S, @Nullable String> value) {
    Objects.requireNonNull(wanted, name);
    return new Field<>(name, wanted, value, wanted::equals);
  }

  /** The same text, or JSON that means the same. */
  static <S> Field<S> stored(String name, Object wanted, Function<S, @Nullable String> value) {
    StoredText text = StoredText.of(Objects.requireNonNull(wanted, name));
    return new Field<>(name, text.text(), value, text::means);
  }

  /** A value that is there, whatever it is. */
  static <S> Field<S> present(String name, Function<S, @Nullable String> value) {
    return new Field<>(name, "any", value, actual -> actual != null);
  }

  /** A value that is there and satisfies the condition. */
  static <S> Field<S> satisfying(
      String name, Predicate<? super String> condition, Function<S, @Nullable String> value) {
    Objects.requireNonNull(condition, name);
    return new Field<>(name, null, value, actual -> actual != null && condition.test(actual));
  }

  /** A condition is asked about siblings that it is not meant for, too: let it throw at those. */
  boolean fits(S subject) {
    return refusal(value.apply(subject)) == null;
  }

  /** Null when the condition holds. */
  private @Nullable String refusal(@Nullable String actual) {
    try {
      return condition.test(actual) ? null : "which is not as wanted";
    } catch (RuntimeException | AssertionError e) {
      return "at which the condition throws " + Excerpt.of(e.toString());
    }
  }

  /** What is wrong, as half a sentence. */
  String complaint(S subject) {
    String actual = value.apply(subject);
    if (actual == null) {
      return "no %s, expected %s".formatted(name, wanted == null ? "one" : Excerpt.of(wanted));
    }
    return wanted == null
        ? "%s is %s, %s".formatted(name, Excerpt.of(actual), refusal(actual))
        : "%s is %s, not %s"
            .formatted(name, Excerpt.of(actual, wanted), Excerpt.of(wanted, actual));
  }

  String wantedLabel() {
    return name + "=" + (wanted == null ? "…" : wanted);
  }

  String actualLabel(S subject) {
    String actual = value.apply(subject);
    return actual == null ? "no " + name : name + "=" + actual;
  }
}
