package com.langfuse.sdk.local.assertion;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.util.JsonParserDelegate;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * A value as Langfuse stores it: text stays as it is, everything else is JSON text.
 *
 * @param container what the text says if it is a JSON object or array
 */
record StoredText(String text, @Nullable JsonNode container) {

  /** Reads every digit, and nothing that could be read in two ways. */
  private static final ObjectMapper MAPPER =
      new ObjectMapper(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);

  /** 1 and 1.0 are the same number to whoever reads it. */
  private static final Comparator<JsonNode> BY_MEANING =
      (one, other) ->
          one.isNumber() && other.isNumber()
              ? one.decimalValue().compareTo(other.decimalValue())
              : one.equals(other) ? 0 : 1;

  static StoredText of(Object value) {
    String text = value instanceof CharSequence chars ? chars.toString() : json(value);
    return new StoredText(text, container(text));
  }

  private static String json(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "a %s cannot be written as JSON: pass the text that is expected"
              .formatted(value.getClass().getName()),
          e);
    }
  }

  /** The same text, or objects or arrays that differ in spaces and in the order of fields only. */
  boolean means(@Nullable String actual) {
    if (actual == null || container == null || text.equals(actual)) {
      return text.equals(actual);
    }
    JsonNode other = container(actual);
    return other != null && container.equals(BY_MEANING, other);
  }

  private static @Nullable JsonNode container(String text) {
    String value = text.stripLeading();
    if (!value.startsWith("{") && !value.startsWith("[")) {
      return null; // nor worth an exception, which costs more than all the rest
    }
    try (JsonParser parser = new NumberParser(MAPPER.createParser(text))) {
      JsonNode node = MAPPER.readTree(parser);
      return node.isContainerNode() ? node : null;
    } catch (IOException | NumberFormatException notJson) {
      return null;
    }
  }

  /** Jackson 2.15 takes a number beyond the range of {@code double} for NaN, and reads infinity. */
  private static final class NumberParser extends JsonParserDelegate {

    NumberParser(JsonParser parser) {
      super(parser);
    }

    @Override
    public boolean isNaN() {
      return false; // JSON has no such number
    }
  }
}
