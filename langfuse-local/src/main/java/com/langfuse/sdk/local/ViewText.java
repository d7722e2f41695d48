package com.langfuse.sdk.local;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A text as the page gets it: its beginning, and how long it is in whole.
 *
 * @param length in UTF-16 units, as browsers count
 */
record ViewText(String text, int length) {

  private static final int LONGEST_TEXT = 20_000;
  private static final int LONGEST_JSON = 400_000;
  private static final int LONGEST_NAME = 500;

  /**
   * JSON may be longer: a part of it would be no JSON, and the page folds it anyway.
   *
   * @param full whether to leave it whole, however long
   */
  static @Nullable ViewText of(@Nullable String text, boolean full) {
    if (text == null) {
      return null;
    }
    boolean json = text.startsWith("{") || text.startsWith("[");
    boolean whole = full || (json && text.length() <= LONGEST_JSON);
    return new ViewText(whole ? text : cut(text, LONGEST_TEXT), text.length());
  }

  static Map<String, ViewText> of(Map<String, ?> values, boolean full) {
    Map<String, ViewText> texts = new LinkedHashMap<>();
    values.forEach(
        (key, value) -> {
          String text = Json.text(value);
          texts.put(name(key), new ViewText(full ? text : cut(text, LONGEST_TEXT), text.length()));
        });
    return texts;
  }

  /** For what is shown on one line. */
  static String name(String text) {
    return text.length() <= LONGEST_NAME ? text : cut(text, LONGEST_NAME) + "…";
  }

  static @Nullable String nameIfAny(@Nullable String text) {
    return text == null ? null : name(text);
  }

  /** Milliseconds since 1970 with their fraction, which a number in JavaScript holds. */
  static double millis(Instant time) {
    return time.getEpochSecond() * 1e3 + time.getNano() / 1e6;
  }

  static double millis(Duration duration) {
    return duration.getSeconds() * 1e3 + duration.getNano() / 1e6;
  }

  private static String cut(String text, int longest) {
    if (text.length() <= longest) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(longest - 1)) ? longest - 1 : longest;
    return text.substring(0, end);
  }
}
