package com.langfuse.sdk.export;

import com.langfuse.sdk.internal.LaterText;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.List;

/**
 * About how many bytes an ended span holds: its texts, one byte for a character, and a fixed sum
 * for the rest. Measured against the heap it is right for Latin texts and half of it for others.
 */
final class SpanWeight {

  private static final int SPAN = 1_200;
  private static final int ATTRIBUTE = 64;

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
          if (value instanceof String text) {
            bytes += text.length();
          } else if (value instanceof LaterText later) {
            bytes += later.weight();
          } else if (value instanceof List<?> list) {
            list.forEach(each -> bytes += each instanceof String text ? text.length() + 24 : 24);
          }
        });
  }
}
