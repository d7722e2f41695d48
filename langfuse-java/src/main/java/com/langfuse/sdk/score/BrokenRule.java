package com.langfuse.sdk.score;

import com.langfuse.sdk.internal.Settings;
import io.opentelemetry.api.trace.TraceId;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What Langfuse would refuse in a score, found before it is sent.
 *
 * @param rule which one, always in the same words
 * @param problem for people, with what to write instead
 */
record BrokenRule(String rule, String problem) {

  private static final int LONGEST_TEXT = 500;

  /** The first broken one; null when Langfuse will take it. */
  static @Nullable BrokenRule in(Map<String, ?> fields) {
    if (!fields.containsKey(Score.NAME)) {
      return new BrokenRule("name", "it has no name, say what is judged");
    }
    BrokenRule value = inValue(fields.get(Score.VALUE), fields.get(Score.DATA_TYPE));
    BrokenRule target = value == null ? inTarget(fields) : value;
    return target == null ? inEnvironment(fields.get(Score.ENVIRONMENT)) : target;
  }

  private static @Nullable BrokenRule inValue(@Nullable Object value, @Nullable Object dataType) {
    if (value == null) {
      return new BrokenRule("value", "it has no value");
    }
    if (value instanceof Double number && !Double.isFinite(number)) {
      return new BrokenRule("number", "its value is " + number + ", write a finite number");
    }
    int length = value.toString().length();
    if (Score.TEXT.equals(dataType) && (length < 1 || length > LONGEST_TEXT)) {
      String problem = "its text has " + length + " characters, write 1 to " + LONGEST_TEXT;
      return new BrokenRule("text", problem + ", and more as its comment");
    }
    return null;
  }

  private static @Nullable BrokenRule inTarget(Map<String, ?> fields) {
    if (TraceId.getInvalid().equals(fields.get(Score.TRACE_ID))) {
      String problem = "its trace id is the one of no trace, take it from an observation";
      return new BrokenRule("no trace", problem + " that is recorded");
    }
    long targets =
        Stream.of(Score.TRACE_ID, Score.SESSION_ID, Score.DATASET_RUN_ID)
            .filter(fields::containsKey)
            .count();
    if (fields.containsKey(Score.OBSERVATION_ID) && !fields.containsKey(Score.TRACE_ID)) {
      return new BrokenRule("observation", "it names an observation, name its trace, too");
    }
    if (targets == 0) {
      String problem = "it belongs to nothing, name a trace, an observation, a session or";
      return new BrokenRule("no target", problem + " a dataset run");
    }
    if (targets > 1) {
      String problem = "it belongs to several things, name one of trace, session and dataset run";
      return new BrokenRule("several targets", problem);
    }
    return null;
  }

  private static @Nullable BrokenRule inEnvironment(@Nullable Object environment) {
    return environment == null || Settings.isEnvironment(environment.toString())
        ? null
        : new BrokenRule(
            "environment",
            "its environment is '" + environment + "', " + Settings.ENVIRONMENT_RULE);
  }
}
