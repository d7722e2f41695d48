package com.langfuse.sdk.export;

import com.langfuse.sdk.internal.LaterText;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.KeyValue;
import io.opentelemetry.api.common.Value;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * About how many bytes an ended span holds: its texts, one byte for a character, and a fixed sum
 * for the rest. Measured against the heap it is right for Latin texts and half of it for others.
 */
final class SpanWeight {

  private static final int SPAN = 1_200;
  private static final int ATTRIBUTE = 64;
  private static final int ELEMENT = 24;
  private static final int MAX_DEPTH = OtlpRequestWriter.MAX_DEPTH;

  private long bytes = SPAN;

  private SpanWeight() {}

  static long of(SpanData span) {
    SpanWeight weight = new SpanWeight();
    weight.bytes += span.getName().length() + span.getStatus().getDescription().length();
    weight.add(span.getAttributes());
    for (EventData event : span.getEvents()) {
      weight.bytes += ATTRIBUTE + event.getName().length();
      weight.add(event.getAttributes()); // stack traces
    }
    span.getLinks().forEach(link -> weight.add(link.getAttributes()));
    return weight.bytes;
  }

  private void add(Attributes attributes) {
    attributes.forEach(
        (key, value) -> {
          bytes += ATTRIBUTE;
          add(value, MAX_DEPTH);
        });
  }

  private void add(Object value, int depth) {
    if (value instanceof String text) {
      bytes += text.length();
    } else if (value instanceof LaterText later) {
      bytes += later.weight();
    } else if (value instanceof ByteBuffer buffer) {
      bytes += buffer.remaining();
    } else if (value instanceof KeyValue entry) {
      bytes += entry.getKey().length();
      add(entry.getValue(), depth);
    } else if (value instanceof Value<?> wrapped) {
      add(wrapped.getValue(), depth);
    } else if (value instanceof List<?> list && depth > 0) {
      list.forEach(
          each -> {
            bytes += ELEMENT;
            add(each, depth - 1);
          });
    }
  }
}
