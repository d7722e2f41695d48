package com.langfuse.sdk.internal;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.ser.impl.SimpleFilterProvider;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns any value into the text of an attribute: strings as they are, everything else as compact
 * JSON.
 *
 * <p>Never throws. What cannot be written becomes a marker such as {@code "<User>"}: a getter that
 * fails costs its own field, a cycle or a depth over {@value GuardedSerializer#MAX_DEPTH} the
 * branch below it. What reading would use up or set off (streams, cursors, connections) is left
 * unread. Threadsafe.
 */
public final class JsonEncoder {

  private static final JsonSerializer<Object> NULL_KEY =
      new JsonSerializer<>() {
        @Override
        public void serialize(Object key, JsonGenerator json, SerializerProvider provider)
            throws IOException {
          json.writeFieldName("null");
        }
      };

  private final ObjectMapper mapper;
  private final QuietLog log;

  public JsonEncoder(QuietLog log) {
    this.log = log;
    this.mapper =
        JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .addModule(new Jdk8Module())
            .addModule(new PlainValues())
            .addModule(new GuardModule())
            .accessorNaming(FieldNames.provider())
            .filterProvider(new SimpleFilterProvider().setFailOnUnknownId(false))
            .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
            .disable(SerializationFeature.FAIL_ON_SELF_REFERENCES)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();
    mapper.getSerializerProvider().setNullKeySerializer(NULL_KEY);
  }

  /** The attribute text, or null for a null value: Langfuse has no way to store "set to null". */
  public @Nullable String encode(@Nullable Object value) {
    if (value == null) {
      return null;
    }
    try {
      return value instanceof CharSequence text
          ? text.toString()
          : mapper.writeValueAsString(value);
    } catch (Throwable t) {
      String type = value.getClass().getName();
      log.warn("encode", "A " + type + " could not be written as JSON.", t);
      return '"' + Marker.notSerializable(value) + '"';
    }
  }

  /**
   * The fields of a value that is an object in JSON (a record, a bean), each as attribute text;
   * null for anything else.
   */
  public @Nullable Map<String, String> encodeFields(Object value) {
    String json = value instanceof CharSequence ? null : encode(value);
    if (json == null || !json.startsWith("{")) {
      return null;
    }
    try {
      Map<String, String> fields = new LinkedHashMap<>();
      JsonNode object = mapper.readTree(json);
      for (Map.Entry<String, JsonNode> field : object.properties()) {
        JsonNode node = field.getValue();
        if (!node.isNull()) {
          fields.put(field.getKey(), node.isTextual() ? node.textValue() : node.toString());
        }
      }
      return fields;
    } catch (JsonProcessingException e) {
      log.warn("encode", "The JSON of a " + value.getClass().getName() + " is not readable.", e);
      return null;
    }
  }
}
