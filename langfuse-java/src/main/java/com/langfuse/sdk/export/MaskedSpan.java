package com.langfuse.sdk.export;

import com.langfuse.sdk.internal.LangfuseAttributes;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.AttributeType;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.sdk.trace.data.DelegatingSpanData;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import java.util.List;

/** An ended span as it may leave; the original stays as it is, other exporters may have it too. */
final class MaskedSpan extends DelegatingSpanData {

  private final Attributes attributes;
  private final List<EventData> events;
  private final List<LinkData> links;
  private final StatusData status;

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
    this.links =
        span.getLinks().stream()
            .map(
                link ->
                    LinkData.create(
                        link.getSpanContext(),
                        masked(span, link.getAttributes(), mask),
                        link.getTotalAttributeCount()))
            .toList();
    this.status = masked(span, span.getStatus(), mask);
  }

  @Override
  public List<LinkData> getLinks() {
    return links;
  }

  @Override
  public StatusData getStatus() {
    return status;
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

  /** The status has a text too, which Langfuse shows where there is no status message. */
  private static StatusData masked(SpanData span, StatusData status, AttributeMask mask) {
    if (status.getDescription().isEmpty()) {
      return status;
    }
    AttributesBuilder text = Attributes.builder();
    put(text, LangfuseAttributes.STATUS_MESSAGE, status.getDescription(), mask, span);
    String masked = text.build().get(LangfuseAttributes.STATUS_MESSAGE);
    return StatusData.create(status.getStatusCode(), masked == null ? "" : masked);
  }

  @SuppressWarnings("unchecked") // a value stays with the key it came with
  private static void put(
      AttributesBuilder kept,
      AttributeKey<?> key,
      Object value,
      AttributeMask mask,
      SpanData span) {
    try {
      Object masked = mask.mask(span, key.getKey(), value);
      if (masked == value) {
        kept.put((AttributeKey<Object>) key, value);
      } else if (masked != null) {
        Object whole = isMixed(masked) ? masked.toString() : masked;
        AttributeKey<?> fitting = LangfuseAttributes.like(key.getKey(), whole);
        boolean text = fitting.getType() == AttributeType.STRING;
        kept.put((AttributeKey<Object>) fitting, text ? whole.toString() : whole);
      }
    } catch (Throwable t) {
      kept.put(key.getKey(), AttributeMask.FAILED);
    }
  }

  /** OpenTelemetry has no list of this and that, and finds out too late. */
  private static boolean isMixed(Object value) {
    return value instanceof List<?> list
        && list.stream().map(each -> each == null ? List.class : each.getClass()).distinct().count()
            > 1;
  }
}
