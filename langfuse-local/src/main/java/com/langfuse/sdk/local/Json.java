package com.langfuse.sdk.local;

import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** JSON in and out, leniently: what is not JSON is null, not an exception. */
final class Json {

  /** Bytes of heap per JSON token: bounds the tree that is made of many small values. */
  private static final int TOKEN_WEIGHT = 800;

  private static final int LEAST_TOKENS = 100_000;

  // Prompts are long. Jackson's limit of 20 million characters protects servers on the open net.
  private static final StreamReadConstraints LONG_TEXTS =
      StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build();

  private static final ObjectMapper MAPPER =
      new ObjectMapper(
              new BoundedJsonFactory(
                  new JsonFactoryBuilder().streamReadConstraints(LONG_TEXTS),
                  Runtime.getRuntime().maxMemory() / TOKEN_WEIGHT + LEAST_TOKENS))
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /** The tree, or null if the text is not one complete JSON value. */
  static @Nullable JsonNode parse(String text) {
    try {
      JsonNode node = MAPPER.readTree(text);
      return node.isMissingNode() ? null : node;
    } catch (JsonProcessingException notJson) {
      return null;
    }
  }

  static JsonNode parse(byte[] body) throws IOException {
    return MAPPER.readTree(body);
  }

  /** As plain Java: Map, List, String, Integer, Long, Double, Boolean; null for nothing. */
  static @Nullable Object plain(JsonNode node) {
    return node.isMissingNode() ? null : MAPPER.convertValue(node, Object.class);
  }

  /** Text stays as it is, everything else becomes JSON text: how Langfuse stores values. */
  static String text(Object value) {
    if (value instanceof String text) {
      return text;
    }
    if (value instanceof JsonNode node) {
      return node.isTextual() ? node.textValue() : node.toString();
    }
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Null if the text is no JSON of that form. */
  static <T> @Nullable T read(String text, Class<T> type) {
    try {
      return MAPPER.readValue(text, type);
    } catch (JsonProcessingException notThat) {
      return null;
    }
  }

  static JsonNode tree(Object value) {
    return MAPPER.valueToTree(value);
  }

  static byte[] bytes(Object value) throws IOException {
    return MAPPER.writeValueAsBytes(value);
  }

  private Json() {}
}
