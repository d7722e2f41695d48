package com.langfuse.sdk.local;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.WireFormat;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** OTLP in protobuf, as most SDKs send it. */
final class ProtobufDecoder {

  private static final int WORTH_COUNTING = 1 << 20;
  private static final long MOST_FIELDS = Runtime.getRuntime().maxMemory() / 400;
  private static final int DEEPEST = 100; // parsing refuses what is deeper

  static List<ReceivedSpan> decode(byte[] body) throws RefusedException {
    ExportTraceServiceRequest export;
    try {
      if (body.length > WORTH_COUNTING && !hasAtMost(MOST_FIELDS, body)) {
        throw new RefusedException(
            413, "The export has more than %d fields".formatted(MOST_FIELDS));
      }
      export = ExportTraceServiceRequest.parseFrom(body);
    } catch (IOException e) {
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

  /** Whether a decoded body fits into memory: an empty message of 2 bytes takes some 60 of it. */
  private static boolean hasAtMost(long fields, byte[] body) throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(body);
    return fieldsLeft(fields, in, ExportTraceServiceRequest.getDescriptor(), DEEPEST) >= 0;
  }

  /** How many fields there may be after this message; negative if it has too many. */
  private static long fieldsLeft(long most, CodedInputStream in, Descriptor type, int depth)
      throws IOException {
    long left = most;
    for (int tag = in.readTag(); tag != 0 && left >= 0; tag = left >= 0 ? in.readTag() : 0) {
      left--;
      FieldDescriptor field = type.findFieldByNumber(WireFormat.getTagFieldNumber(tag));
      if (depth > 0
          && field != null
          && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
          && WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
        int end = in.pushLimit(in.readRawVarint32());
        left = fieldsLeft(left, in, field.getMessageType(), depth - 1);
        if (left >= 0) {
          in.popLimit(end);
        }
      } else if (!in.skipField(tag)) {
        return left; // the end of a group, which parsing refuses
      }
    }
    return left;
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
