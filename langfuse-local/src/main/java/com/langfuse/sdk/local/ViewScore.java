package com.langfuse.sdk.local;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/** A score in JSON. */
@JsonInclude(JsonInclude.Include.NON_NULL)
record ViewScore(
    String id,
    String name,
    String value,
    String dataType,
    @Nullable String observationId,
    @Nullable String comment) {

  static ViewScore of(LocalScore score) {
    String comment = score.comment();
    return new ViewScore(
        score.id(),
        ViewText.name(score.name()),
        value(score),
        score.dataType(),
        score.observationId(),
        ViewText.nameIfAny(comment));
  }

  /** A boolean came as 0 or 1, a whole number as one with a fraction. */
  private static String value(LocalScore score) {
    if (!(score.value() instanceof Double number)) {
      return ViewText.name(String.valueOf(score.value()));
    }
    if (score.dataType().equals("BOOLEAN")) {
      return String.valueOf(number != 0);
    }
    return number == Math.rint(number) && Math.abs(number) < 1e15
        ? String.valueOf(number.longValue())
        : String.valueOf(number);
  }
}
