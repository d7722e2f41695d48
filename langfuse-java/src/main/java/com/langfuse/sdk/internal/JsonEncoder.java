package com.langfuse.sdk.internal;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import org.jspecify.annotations.Nullable;

/**
 * Turns any value into the text of an attribute: strings as they are, everything else as compact
 * JSON.
 *
 * <p>Never throws. What cannot be written becomes a marker such as {@code "<User>"}: a getter that
 * fails costs only its own field, a cycle or a depth over {@value GuardedSerializer#MAX_DEPTH} only
 * the branch below it. Threadsafe.
 */
public final class JsonEncoder {

  private final ObjectMapper mapper =
      JsonMapper.builder()
          .addModule(new JavaTimeModule())
          .addModule(new Jdk8Module())
          .addModule(new PlainValuesModule())
          .addModule(new GuardModule())
          .accessorNaming(FieldNames.provider())
          .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
          .disable(SerializationFeature.FAIL_ON_SELF_REFERENCES)
          .build();

  private final QuietLog log;

  public JsonEncoder(QuietLog log) {
    this.log = log;
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
    } catch (Exception | StackOverflowError | LinkageError e) {
      String type = value.getClass().getName();
      log.warn("encode " + type, "A " + type + " could not be written as JSON.", e);
      return '"' + Marker.notSerializable(value) + '"';
    }
  }
}
