package com.langfuse.sdk;

import com.langfuse.sdk.internal.JsonEncoder;
import com.langfuse.sdk.internal.LangfuseAttributes;
import com.langfuse.sdk.internal.LaterText;
import com.langfuse.sdk.internal.QuietLog;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.Span;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Writes values of the application's on a span: masked, as text, and without ever letting their
 * exceptions through.
 *
 * @param encoder for values of the application's; null where nothing is recorded
 * @param ours for what is not up to the application; null where nothing is recorded
 * @param later whether JSON may be written when the span leaves: nobody else reads its attributes
 */
record SpanWriter(
    @Nullable JsonEncoder encoder,
    @Nullable JsonEncoder ours,
    @Nullable Mask mask,
    boolean later,
    QuietLog log) {

  /** Writes as Langfuse expects it: what is a format of the wire is not up to the application. */
  SpanWriter(JsonEncoder encoder, @Nullable Mask mask, boolean later, QuietLog log) {
    this(encoder, new JsonEncoder(log), mask, later, log);
  }

  /** For a client that records nothing, also where there is no Jackson. */
  static SpanWriter disabled(QuietLog log) {
    return new SpanWriter(null, null, null, false, log);
  }

  /** More metadata keys than this travel as one JSON attribute; a span's attributes are limited. */
  private static final int MAX_METADATA_ATTRIBUTES = 60;

  /** Of a map whose values are masked one by one, before it is written. */
  private static final int MAX_ENTRIES = 10_000;

  /** The server drops metadata that is not an object; under this key it is one. */
  private static final String WRAPPING_KEY = "metadata";

  /** What the mask is not asked about: names, numbers, times. */
  void write(Span span, AttributeKey<String> key, @Nullable Object value) {
    if (value != null && span.isRecording()) {
      writeText(span, key, value, ours);
    }
  }

  void writeMasked(Span span, AttributeKey<String> key, @Nullable Object value) {
    if (value != null && span.isRecording()) {
      writeText(span, key, masked(value));
    }
  }

  private void writeText(Span span, AttributeKey<String> key, @Nullable Object value) {
    writeText(span, key, value, encoder);
  }

  private void writeText(
      Span span, AttributeKey<String> key, @Nullable Object value, @Nullable JsonEncoder encoder) {
    if (encoder == null) {
      return;
    }
    if (later && value != null) {
      LaterText text = encoder.later(value);
      if (text != null) {
        text.setOn(span, key);
        return;
      }
    }
    String text = encoder.encode(value);
    if (text != null) {
      span.setAttribute(key, text);
    }
  }

  /** Settings of a model, some of which are texts of the application's. */
  void writeParameters(Span span, @Nullable Map<String, ?> parameters) {
    if (parameters == null) {
      return;
    }
    quietly(
        span,
        () -> {
          Map<String, @Nullable Object> given = maskedEach(parameters);
          given.values().removeIf(Objects::isNull);
          writeText(span, LangfuseAttributes.MODEL_PARAMETERS, given);
        });
  }

  /** The entries that Langfuse takes; it has no word for null, a negative price or count. */
  <T> void writeSelected(
      Span span,
      AttributeKey<String> key,
      @Nullable Map<String, ? extends T> map,
      Predicate<T> isUsable) {
    if (map == null) {
      return;
    }
    quietly(
        span,
        () -> {
          Map<String, T> usable = new LinkedHashMap<>();
          int left = MAX_ENTRIES;
          for (Map.Entry<String, ? extends T> entry : map.entrySet()) {
            T value = entry.getValue();
            if (value != null && isUsable.test(value)) {
              usable.put(entry.getKey(), value);
            }
            if (--left == 0) {
              break;
            }
          }
          write(span, key, usable);
        });
  }

  /** One attribute per field, as long as there are not too many. */
  void writeMetadata(Span span, @Nullable Object metadata) {
    if (metadata == null) {
      return;
    }
    quietly(
        span,
        () -> {
          // A mask may know the whole object, or only the texts in it: it is asked about both.
          Object kept = metadata instanceof Map ? metadata : masked(metadata);
          if (kept == null) {
            return;
          }
          Map<?, ?> fields = kept instanceof Map<?, ?> map ? map : fieldsOf(kept);
          if (fields == null) {
            writeText(span, LangfuseAttributes.METADATA, Map.of(WRAPPING_KEY, kept));
          } else if (fields.size() > MAX_METADATA_ATTRIBUTES) {
            writeText(
                span, LangfuseAttributes.METADATA, mask == null ? fields : maskedEach(fields));
          } else {
            forEach(
                fields, MAX_METADATA_ATTRIBUTES, (key, value) -> writeMetadata(span, key, value));
          }
        });
  }

  private @Nullable Map<String, String> fieldsOf(Object value) {
    return encoder == null ? null : encoder.encodeFields(value);
  }

  private Map<String, @Nullable Object> maskedEach(Map<?, ?> fields) {
    Map<String, @Nullable Object> all = new LinkedHashMap<>();
    forEach(
        fields, MAX_ENTRIES, (key, value) -> all.put(key, value == null ? null : masked(value)));
    return all;
  }

  /** Entries of a map that may have more of them than it says, even without end. */
  private static void forEach(
      Map<?, ?> map, int most, BiConsumer<String, @Nullable Object> action) {
    int left = most;
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      if (left-- == 0) {
        action.accept("…", "[cut: more than " + most + " entries]");
        return;
      }
      action.accept(String.valueOf(entry.getKey()), entry.getValue());
    }
  }

  void writeMetadata(Span span, String key, @Nullable Object value) {
    writeMasked(span, LangfuseAttributes.metadata(key), value);
  }

  /**
   * The exception as an event, without the stack trace where a mask hides what its message says.
   */
  void writeException(Span span, Ending ending) {
    if (mask == null) {
      span.recordException(ending.cause());
      return;
    }
    AttributesBuilder event = Attributes.builder();
    event.put(LangfuseAttributes.EXCEPTION_TYPE, ending.cause().getClass().getName());
    String message = maskedText(ending.why());
    if (!message.isEmpty()) {
      event.put(LangfuseAttributes.EXCEPTION_MESSAGE, message);
    }
    span.addEvent("exception", event.build());
  }

  /** Empty where the mask leaves nothing. */
  String maskedText(String text) {
    String masked = encoder == null ? null : encoder.encode(masked(text));
    return masked == null ? "" : masked;
  }

  /** Runs what reads values of the application's, which may throw at any touch. */
  void quietly(Span span, Runnable recording) {
    if (span.isRecording()) {
      try {
        recording.run();
      } catch (Throwable t) {
        log.warn("record", "A value could not be recorded: " + t.getClass().getName(), t);
      }
    }
  }

  /** Null where the mask leaves nothing. Never throws. */
  @Nullable Object masked(Object value) {
    if (mask == null) {
      return value;
    }
    try {
      return mask.mask(value);
    } catch (Throwable t) {
      log.warn("mask", "The mask throws, the field is fully masked.", t);
      return Mask.FAILED;
    }
  }
}
