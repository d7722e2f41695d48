package com.langfuse.sdk.score;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.langfuse.sdk.internal.JsonBuffers;
import com.langfuse.sdk.internal.JsonEncoder;
import com.langfuse.sdk.internal.JsonText;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What of a score leaves the process: masked, as it is at this moment. Threadsafe.
 *
 * @param encoder writes the application's values
 * @param mask null is what it leaves nothing of; never throws
 */
record ScoreBody(JsonEncoder encoder, Function<Object, @Nullable Object> mask) {

  /** Numbers stay as the application wrote them; a value that was cut is no number any more. */
  private static final ObjectMapper TREES =
      JsonBuffers.own(
          JsonMapper.builder()
              .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
              .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
              .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
              .build());

  /** The fields by their names on the wire. */
  Map<String, Object> of(Score score) {
    Map<String, Object> fields = new LinkedHashMap<>(score.fields());
    fields.computeIfPresent(Score.COMMENT, (field, comment) -> text(comment));
    fields.computeIfPresent(Score.METADATA, (field, metadata) -> metadata(metadata));
    if (Score.TEXT.equals(fields.get(Score.DATA_TYPE))) {
      fields.computeIfPresent(Score.VALUE, (field, value) -> text(value));
    }
    return fields;
  }

  private @Nullable String text(Object value) {
    return encoder.encode(mask.apply(value));
  }

  /** A mask may know the whole object, or only the texts in it: it is asked about both. */
  private @Nullable JsonNode metadata(Object metadata) {
    Object kept = metadata instanceof Map ? metadata : mask.apply(metadata);
    if (kept == null) {
      return null;
    }
    ObjectNode masked = TREES.createObjectNode();
    if (kept instanceof Map<?, ?> map) {
      map.forEach((key, value) -> put(masked, String.valueOf(key), value));
      return masked;
    }
    JsonNode json = json(kept);
    if (json instanceof ObjectNode object) {
      object.properties().forEach(field -> putField(masked, field.getKey(), field.getValue()));
      return masked;
    }
    Map<String, String> cut = encoder.encodeFields(kept);
    if (cut == null) {
      return json;
    }
    cut.forEach((key, text) -> put(masked, key, text));
    return masked;
  }

  private void put(ObjectNode fields, String key, @Nullable Object value) {
    Object kept = value == null ? null : mask.apply(value);
    if (kept != null) {
      fields.set(key, json(kept));
    }
  }

  /** Of a bean, which the mask gets as in an observation's metadata: as text. */
  private void putField(ObjectNode fields, String key, JsonNode value) {
    if (value.isTextual()) {
      put(fields, key, value.textValue());
    } else if (!value.isNull()) {
      Object kept = mask.apply(value.toString());
      if (kept != null) {
        fields.set(key, kept instanceof CharSequence text ? tree(text.toString()) : json(kept));
      }
    }
  }

  private JsonNode json(Object value) {
    String text = Objects.requireNonNull(encoder.encode(value));
    return value instanceof CharSequence ? TextNode.valueOf(text) : tree(text);
  }

  /** A text that was cut, or put in place by a mask, need not be JSON. */
  private static JsonNode tree(String text) {
    try (JsonParser parser = JsonText.parser(text)) {
      JsonNode tree = TREES.readTree(parser);
      return tree == null ? MissingNode.getInstance() : tree;
    } catch (IOException | NumberFormatException noJson) {
      return TextNode.valueOf(text);
    }
  }
}
