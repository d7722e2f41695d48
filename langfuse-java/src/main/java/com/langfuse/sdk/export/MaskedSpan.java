package com.langfuse.sdk.export;

import com.langfuse.sdk.internal.LangfuseAttributes;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.AttributeType;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.sdk.trace.data.DelegatingSpanData;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.List;

/** An ended span as it may leave; the original stays as it is, other exporters may have it too. */
final class MaskedSpan extends DelegatingSpanData {

  private static final String FAILED = "<fully masked due to failed mask function>";

  private final Attributes attributes;
  private final List<EventData> events;

  MaskedSpan(SpanData span, AttributeMask mask) {
    super(span);
    this.attributes = masked(span, span.getAttributes(), mask);
    this.events =
        span.getEvents().stream()
            .map(
                event ->
                    EventData.create(
                        event.getEpochNanos(),
                        event.getName(),
                        masked(span, event.getAttributes(), mask),
                        event.getTotalAttributeCount()))
            .toList();
  }

  @Override
  public Attributes getAttributes() {
    return attributes;
  }

  @Override
  public List<EventData> getEvents() {
    return events;
  }

  private static Attributes masked(SpanData span, Attributes attributes, AttributeMask mask) {
    AttributesBuilder kept = Attributes.builder();
    attributes.forEach((key, value) -> put(kept, key, value, mask, span));
    return kept.build();
  }

  @SuppressWarnings("unchecked") // a value stays with the key it came with
  private static void put(
      AttributesBuilder kept,
      AttributeKey<?> key,
      Object value,
      AttributeMask mask,
      SpanData span) {
    Object masked;
    try {
      masked = mask.mask(span, key.getKey(), value);
    } catch (Throwable t) {
      masked = FAILED;
    }
    if (masked == value) {
      kept.put((AttributeKey<Object>) key, value);
    } else if (masked != null) {
      AttributeKey<?> fitting =
          key.getType() == AttributeType.STRING
              ? key
              : LangfuseAttributes.like(key.getKey(), masked);
      Object text = fitting.getType() == AttributeType.STRING ? masked.toString() : masked;
      kept.put((AttributeKey<Object>) fitting, text);
    }
  }
}
