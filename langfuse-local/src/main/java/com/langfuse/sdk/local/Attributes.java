package com.langfuse.sdk.local;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Attributes of a span or resource, read the way the server does: by text, first key that has it.
 */
record Attributes(Map<String, Object> values) {

  /** Copies, once for all observations that share it. */
  Attributes {
    values = Ordered.copy(values);
  }

  @Nullable Object get(String key) {
    return values.get(key);
  }

  /** Text as is, anything else as JSON text, null if absent. */
  @Nullable String text(String key) {
    Object value = values.get(key);
    return value == null ? null : Json.text(value);
  }

  /** The first that is present and not empty. */
  @Nullable String firstText(String... keys) {
    for (String key : keys) {
      String text = text(key);
      if (text != null && !text.isEmpty()) {
        return text;
      }
    }
    return null;
  }

  /** The JSON in an attribute; null if it is absent, empty or no JSON. */
  @Nullable JsonNode json(String key) {
    String text = firstText(key);
    return text == null ? null : Json.parse(text);
  }

  boolean hasAny(String... keys) {
    return firstText(keys) != null;
  }

  /** True for the boolean and for the text "true". */
  boolean flag(String... keys) {
    return "true".equals(firstText(keys));
  }

  /** Hands over every attribute below a prefix, without it; a bare prefix is no name. */
  void forEachBelow(String prefix, BiConsumer<String, Object> visitor) {
    values.forEach(
        (key, value) -> {
          if (key.length() > prefix.length() && key.startsWith(prefix)) {
            visitor.accept(key.substring(prefix.length()), value);
          }
        });
  }
}
