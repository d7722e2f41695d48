package com.langfuse.sdk.local;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The parameters behind the question mark, refused where they are of the wrong form. */
record Query(Map<String, List<String>> parameters) {

  /**
   * @param raw as in the request, still encoded; null for none
   */
  static Query of(@Nullable String raw) {
    Map<String, List<String>> parameters = new HashMap<>();
    for (String pair : raw == null ? new String[0] : raw.split("&")) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        parameters
            .computeIfAbsent(decode(pair.substring(0, equals)), name -> new ArrayList<>())
            .add(decode(pair.substring(equals + 1)));
      }
    }
    return new Query(parameters);
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException notEncoded) {
      return text;
    }
  }

  /** The first of that name, which may be empty; null if absent. */
  @Nullable String text(String name) {
    List<String> all = parameters.get(name);
    return all == null ? null : all.get(0);
  }

  /** All of that name; empty if absent. */
  List<String> texts(String name) {
    return parameters.getOrDefault(name, List.of());
  }

  /** The parts of a list with commas; null if absent. */
  @Nullable Set<String> list(String name) {
    String text = text(name);
    return text == null
        ? null
        : Set.copyOf(Arrays.stream(text.split(",")).map(String::strip).distinct().toList());
  }

  /**
   * The field groups that are asked for; the standard ones if {@code fields} is absent or empty.
   */
  Set<String> groups(Set<String> standard) {
    Set<String> groups = list("fields");
    return groups == null || groups.equals(Set.of("")) ? standard : groups;
  }

  /** One of several words; null if absent. */
  @Nullable String oneOf(String name, Collection<String> words) throws RefusedException {
    String text = text(name);
    if (text != null && !words.contains(text)) {
      throw new RefusedException("%s must be one of %s, not %s".formatted(name, words, text));
    }
    return text;
  }

  @Nullable Boolean flag(String name) throws RefusedException {
    String text = text(name);
    if (text == null) {
      return null;
    }
    if (!text.equals("true") && !text.equals("false")) {
      throw new RefusedException(name + " must be true or false");
    }
    return text.equals("true");
  }

  int limit(int least, int most) throws RefusedException {
    String text = text("limit");
    try {
      int limit = text == null ? 50 : Integer.parseInt(text);
      if (limit >= least && limit <= most) {
        return limit;
      }
    } catch (NumberFormatException notANumber) {
      // Refused below, like a number that is too high.
    }
    throw new RefusedException(
        "limit must be a number from %d to %d, not %s".formatted(least, most, text));
  }

  @Nullable Double number(String name) throws RefusedException {
    String text = text(name);
    try {
      return text == null ? null : (Double) Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new RefusedException(name + " must be a number", e);
    }
  }

  @Nullable Instant instant(String name) throws RefusedException {
    String text = text(name);
    try {
      return text == null ? null : OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeParseException e) {
      throw new RefusedException(name + " must be a time with an offset", e);
    }
  }
}
