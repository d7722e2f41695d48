package com.langfuse.sdk.export;

import com.langfuse.sdk.internal.ProtoWriter;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.KeyValue;
import io.opentelemetry.api.common.Value;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes spans as an OTLP request in protobuf, byte for byte as OpenTelemetry's exporter does.
 * Mirrors ExportTraceServiceRequest of opentelemetry-proto. For one thread and one request.
 */
final class OtlpRequestWriter {

  private static final int HAS_IS_REMOTE = 1 << 8;
  private static final int IS_REMOTE = 1 << 9;

  /** Of a span, for the first size of the buffer, and of a request. */
  private static final int EXPECTED_BYTES = 1 << 10;

  private static final int MAX_EXPECTED_BYTES = 1 << 20;

  /** Of values within values; receivers refuse a request that is nested 100 messages deep. */
  static final int MAX_DEPTH = 30;

  private static final String TOO_DEEP = "<nested too deep>";

  private final ProtoWriter out;

  private OtlpRequestWriter(int expectedBytes) {
    this.out = new ProtoWriter(expectedBytes);
  }

  /** The request with these spans, as protobuf. */
  static byte[] write(List<SpanData> spans) {
    int expected = (int) Math.min((long) spans.size() * EXPECTED_BYTES, MAX_EXPECTED_BYTES);
    OtlpRequestWriter writer = new OtlpRequestWriter(expected);
    grouped(spans).forEach(writer::resourceSpans);
    return writer.out.message();
  }

  /** By identity: one provider has one resource, and one tracer one scope. */
  private static IdentityHashMap<
          Resource, IdentityHashMap<InstrumentationScopeInfo, List<SpanData>>>
      grouped(List<SpanData> spans) {
    IdentityHashMap<Resource, IdentityHashMap<InstrumentationScopeInfo, List<SpanData>>> groups =
        new IdentityHashMap<>();
    for (SpanData span : spans) {
      groups
          .computeIfAbsent(span.getResource(), resource -> new IdentityHashMap<>())
          .computeIfAbsent(span.getInstrumentationScopeInfo(), scope -> new ArrayList<>())
          .add(span);
    }
    return groups;
  }

  private void resourceSpans(
      Resource resource, IdentityHashMap<InstrumentationScopeInfo, List<SpanData>> scopes) {
    int resourceSpans = out.begin(1);
    int message = out.begin(1);
    attributes(1, resource.getAttributes());
    out.end(message);
    scopes.forEach(this::scopeSpans);
    textUnlessEmpty(3, resource.getSchemaUrl());
    out.end(resourceSpans);
  }

  private void scopeSpans(InstrumentationScopeInfo scope, List<SpanData> spans) {
    int scopeSpans = out.begin(2);
    int message = out.begin(1);
    textUnlessEmpty(1, scope.getName());
    textUnlessEmpty(2, scope.getVersion());
    attributes(3, scope.getAttributes());
    out.end(message);
    spans.forEach(this::span);
    textUnlessEmpty(3, scope.getSchemaUrl());
    out.end(scopeSpans);
  }

  private void span(SpanData span) {
    int message = out.begin(2);
    SpanContext parent = span.getParentSpanContext();
    Attributes attributes = span.getAttributes();
    ids(span.getSpanContext());
    if (parent.isValid()) {
      out.bytes(4, parent.getSpanIdBytes());
    }
    textUnlessEmpty(5, span.getName());
    out.integer(6, number(span.getKind()));
    timeUnlessZero(7, span.getStartEpochNanos());
    timeUnlessZero(8, span.getEndEpochNanos());
    attributes(9, attributes);
    unlessZero(10, span.getTotalAttributeCount() - attributes.size());
    span.getEvents().forEach(this::event);
    unlessZero(12, span.getTotalRecordedEvents() - span.getEvents().size());
    span.getLinks().forEach(this::link);
    unlessZero(14, span.getTotalRecordedLinks() - span.getLinks().size());
    status(span.getStatus().getStatusCode(), span.getStatus().getDescription());
    out.fixed32(16, flags(span.getSpanContext(), parent.isRemote()));
    out.end(message);
  }

  /** Trace id, span id and trace state have the same numbers in a span and in a link. */
  private void ids(SpanContext context) {
    out.bytes(1, context.getTraceIdBytes());
    out.bytes(2, context.getSpanIdBytes());
    if (!context.getTraceState().isEmpty()) {
      List<String> entries = new ArrayList<>();
      context.getTraceState().forEach((key, value) -> entries.add(key + "=" + value));
      out.text(3, String.join(",", entries));
    }
  }

  private static int flags(SpanContext context, boolean isRemote) {
    int traceFlags = context.getTraceFlags().asByte() & 0xff;
    return traceFlags | HAS_IS_REMOTE | (isRemote ? IS_REMOTE : 0);
  }

  private void event(EventData event) {
    int message = out.begin(11);
    timeUnlessZero(1, event.getEpochNanos());
    textUnlessEmpty(2, event.getName());
    attributes(3, event.getAttributes());
    unlessZero(4, event.getDroppedAttributesCount());
    out.end(message);
  }

  private void link(LinkData link) {
    int message = out.begin(13);
    ids(link.getSpanContext());
    attributes(4, link.getAttributes());
    unlessZero(5, link.getTotalAttributeCount() - link.getAttributes().size());
    out.fixed32(6, flags(link.getSpanContext(), link.getSpanContext().isRemote()));
    out.end(message);
  }

  private static int number(SpanKind kind) {
    return switch (kind) {
      case INTERNAL -> 1;
      case SERVER -> 2;
      case CLIENT -> 3;
      case PRODUCER -> 4;
      case CONSUMER -> 5;
    };
  }

  private void status(StatusCode code, String description) {
    int message = out.begin(15);
    textUnlessEmpty(2, description);
    if (code != StatusCode.UNSET) {
      out.integer(3, code == StatusCode.OK ? 1 : 2);
    }
    out.end(message);
  }

  private void attributes(int number, Attributes attributes) {
    attributes.forEach((key, value) -> keyValue(number, key.getKey(), value, 0));
  }

  private void keyValue(int number, String key, Object value, int depth) {
    int message = out.begin(number);
    textUnlessEmpty(1, key);
    anyValue(2, value, depth);
    out.end(message);
  }

  /**
   * By the class of the value: which kinds of keys there are depends on OpenTelemetry's version.
   */
  private void anyValue(int number, Object value, int depth) {
    int message = out.begin(number);
    Object plain =
        depth > MAX_DEPTH
            ? TOO_DEEP
            : value instanceof Value<?> wrapped ? wrapped.getValue() : value;
    if (plain instanceof String text) {
      out.text(1, text);
    } else if (plain instanceof Boolean bool) {
      out.bool(2, bool);
    } else if (plain instanceof Double number64) {
      out.fixed64(4, Double.doubleToRawLongBits(number64));
    } else if (plain instanceof Number integer) {
      out.integer(3, integer.longValue());
    } else if (plain instanceof ByteBuffer buffer) {
      byte[] bytes = new byte[buffer.remaining()];
      buffer.duplicate().get(bytes);
      out.bytes(7, bytes);
    } else if (plain instanceof List<?> list) {
      list(list, list.isEmpty() ? isMap(value) : list.get(0) instanceof KeyValue, depth + 1);
    }
    out.end(message);
  }

  private static boolean isMap(Object value) {
    return value instanceof Value<?> wrapped && wrapped.getType().name().equals("KEY_VALUE_LIST");
  }

  private void list(List<?> list, boolean isMap, int depth) {
    int message = out.begin(isMap ? 6 : 5);
    for (Object element : list) {
      if (element instanceof KeyValue entry) {
        keyValue(1, entry.getKey(), entry.getValue(), depth);
      } else {
        anyValue(1, element, depth);
      }
    }
    out.end(message);
  }

  private void textUnlessEmpty(int number, @Nullable String text) {
    if (text != null && !text.isEmpty()) {
      out.text(number, text);
    }
  }

  private void timeUnlessZero(int number, long epochNanos) {
    if (epochNanos != 0) {
      out.fixed64(number, epochNanos);
    }
  }

  private void unlessZero(int number, int count) {
    if (count != 0) {
      out.integer(number, count);
    }
  }
}
