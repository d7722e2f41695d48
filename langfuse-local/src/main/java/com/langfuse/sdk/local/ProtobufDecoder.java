package com.langfuse.sdk.local;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** OTLP in protobuf, as most SDKs send it. */
final class ProtobufDecoder {

  static List<ReceivedSpan> decode(byte[] body) throws RefusedException {
    ExportTraceServiceRequest export;
    try {
      export = ExportTraceServiceRequest.parseFrom(body);
    } catch (InvalidProtocolBufferException e) {
      throw new RefusedException("Not an OTLP protobuf export", e);
    }
    List<ReceivedSpan> spans = new ArrayList<>();
    for (ResourceSpans resourceSpans : export.getResourceSpansList()) {
      Attributes resource = attributes(resourceSpans.getResource().getAttributesList());
      for (ScopeSpans scopeSpans : resourceSpans.getScopeSpansList()) {
        var scope = scopeSpans.getScope();
        var origin = new ReceivedSpan.Origin(resource, scope.getName(), scope.getVersion());
        for (Span span : scopeSpans.getSpansList()) {
          spans.add(span(span, origin));
        }
      }
    }
    return spans;
  }

  private static ReceivedSpan span(Span span, ReceivedSpan.Origin origin) throws RefusedException {
    return new ReceivedSpan(
        ReceivedSpan.requireId(hex(span.getTraceId()), "traceId", span.getName()),
        ReceivedSpan.requireId(hex(span.getSpanId()), "spanId", span.getName()),
        span.getParentSpanId().isEmpty() ? null : hex(span.getParentSpanId()),
        span.getName(),
        span.getStartTimeUnixNano(),
        span.getEndTimeUnixNano(),
        attributes(span.getAttributesList()),
        span.getEventsList().stream()
            .map(e -> new LocalEvent(e.getName(), attributes(e.getAttributesList()).values()))
            .toList(),
        ReceivedSpan.statusName(span.getStatus().getCodeValue()),
        span.getStatus().getMessage(),
        origin);
  }

  private static String hex(ByteString bytes) {
    return HexFormat.of().formatHex(bytes.toByteArray());
  }

  private static Attributes attributes(List<KeyValue> pairs) {
    return new Attributes(map(pairs));
  }

  private static Map<String, Object> map(List<KeyValue> pairs) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (KeyValue pair : pairs) {
      Object value = value(pair.getValue());
      if (value != null) {
        map.put(pair.getKey(), value);
      }
    }
    return map;
  }

  private static @Nullable Object value(AnyValue value) {
    return switch (value.getValueCase()) {
      case STRING_VALUE -> value.getStringValue();
      case BOOL_VALUE -> value.getBoolValue();
      case INT_VALUE -> value.getIntValue();
      case DOUBLE_VALUE -> value.getDoubleValue();
      case BYTES_VALUE -> value.getBytesValue().toByteArray();
      case KVLIST_VALUE -> map(value.getKvlistValue().getValuesList());
      case ARRAY_VALUE -> list(value.getArrayValue().getValuesList());
      default -> null; // an empty value, which OTLP allows
    };
  }

  private static List<Object> list(List<AnyValue> values) {
    List<Object> list = new ArrayList<>(values.size());
    for (AnyValue each : values) {
      Object value = value(each);
      if (value != null) {
        list.add(value);
      }
    }
    return list;
  }

  private ProtobufDecoder() {}
}
