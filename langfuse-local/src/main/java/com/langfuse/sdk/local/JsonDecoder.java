package com.langfuse.sdk.local;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * OTLP in JSON, as the JavaScript SDK sends it and {@link ProtobufDecoder} makes it of protobuf.
 * Not protobuf's own JSON: ids are hex text, not base64, which is why this is read by hand.
 */
final class JsonDecoder {

  static List<ReceivedSpan> decode(byte[] body) throws RefusedException {
    JsonNode export;
    try {
      export = Json.parse(body);
    } catch (IOException e) {
      throw new RefusedException("Not JSON", e);
    }
    return decode(export);
  }

  static List<ReceivedSpan> decode(JsonNode export) throws RefusedException {
    if (!export.isObject()) {
      throw new RefusedException("Not an OTLP JSON export: the body is no object");
    }
    List<ReceivedSpan> spans = new ArrayList<>();
    for (JsonNode resourceSpans : array(export, "resourceSpans")) {
      Attributes resource = attributes(resourceSpans.path("resource"));
      for (JsonNode scopeSpans : array(resourceSpans, "scopeSpans")) {
        JsonNode scope = scopeSpans.path("scope");
        var origin = new ReceivedSpan.Origin(resource, text(scope, "name"), text(scope, "version"));
        for (JsonNode span : array(scopeSpans, "spans")) {
          spans.add(span(span, origin));
        }
      }
    }
    return spans;
  }

  private static ReceivedSpan span(JsonNode span, ReceivedSpan.Origin origin)
      throws RefusedException {
    String name = text(span, "name");
    String parentId = text(span, "parentSpanId");
    List<LocalEvent> events = new ArrayList<>();
    for (JsonNode event : array(span, "events")) {
      events.add(new LocalEvent(text(event, "name"), attributes(event).values()));
    }
    return new ReceivedSpan(
        ReceivedSpan.requireId(text(span, "traceId"), "traceId", name),
        ReceivedSpan.requireId(text(span, "spanId"), "spanId", name),
        parentId.isEmpty() ? null : parentId,
        name,
        nanos(span.path("startTimeUnixNano")),
        nanos(span.path("endTimeUnixNano")),
        attributes(span),
        events,
        status(span.path("status").path("code")),
        text(span.path("status"), "message"),
        origin);
  }

  private static String text(JsonNode node, String field) {
    return node.path(field).asText("");
  }

  private static Iterable<JsonNode> array(JsonNode node, String field) throws RefusedException {
    JsonNode array = node.path(field);
    if (array.isMissingNode() || array.isNull()) {
      return List.of();
    }
    if (!array.isArray()) {
      throw new RefusedException(field + " is not an array");
    }
    return array;
  }

  /** Text, a number, or the pair of halves older JavaScript exporters send. Unsigned. */
  private static long nanos(JsonNode node) throws RefusedException {
    if (node.isObject()) {
      return (node.path("high").asLong() << 32) | (node.path("low").asLong() & 0xFFFF_FFFFL);
    }
    return node.isMissingNode() || node.isNull() ? 0 : integer(node, JsonDecoder::parseUnsigned);
  }

  private static long parseUnsigned(String text) {
    return text.startsWith("-") ? Long.parseLong(text) : Long.parseUnsignedLong(text);
  }

  private static long integer(JsonNode node, ToLongFunction<String> parse) throws RefusedException {
    if (node.isNumber()) {
      return node.longValue();
    }
    try {
      return parse.applyAsLong(node.asText());
    } catch (NumberFormatException e) {
      throw new RefusedException("Not an integer", e);
    }
  }

  private static String status(JsonNode code) {
    return code.isTextual()
        ? ReceivedSpan.statusName(code.textValue().replace("STATUS_CODE_", ""))
        : ReceivedSpan.statusName(code.asInt());
  }

  private static Attributes attributes(JsonNode holder) throws RefusedException {
    return new Attributes(map(array(holder, "attributes")));
  }

  private static Map<String, Object> map(Iterable<JsonNode> pairs) throws RefusedException {
    Map<String, Object> map = new LinkedHashMap<>();
    for (JsonNode pair : pairs) {
      Object value = value(pair.path("value"));
      if (value != null) {
        map.put(text(pair, "key"), value);
      }
    }
    return map;
  }

  private static @Nullable Object value(JsonNode value) throws RefusedException {
    if (value.has("stringValue")) {
      return text(value, "stringValue");
    } else if (value.has("boolValue")) {
      return value.path("boolValue").asBoolean();
    } else if (value.has("intValue")) {
      return integer(value.path("intValue"), Long::parseLong);
    } else if (value.has("doubleValue")) {
      return number(value.path("doubleValue"));
    } else if (value.has("bytesValue")) {
      return bytes(value.path("bytesValue"));
    } else if (value.has("arrayValue")) {
      return list(array(value.path("arrayValue"), "values"));
    } else if (value.has("kvlistValue")) {
      return map(array(value.path("kvlistValue"), "values"));
    }
    return null; // an empty value, which OTLP allows
  }

  /** JSON has no NaN and no infinity, so those come as text. */
  private static double number(JsonNode node) throws RefusedException {
    try {
      return node.isNumber() ? node.doubleValue() : Double.parseDouble(node.asText());
    } catch (NumberFormatException e) {
      throw new RefusedException("Not a number", e);
    }
  }

  private static byte[] bytes(JsonNode node) throws RefusedException {
    try {
      return node.binaryValue();
    } catch (IOException e) {
      throw new RefusedException("Not base64", e);
    }
  }

  private static List<Object> list(Iterable<JsonNode> values) throws RefusedException {
    List<Object> list = new ArrayList<>();
    for (JsonNode each : values) {
      Object value = value(each);
      if (value != null) {
        list.add(value);
      }
    }
    return list;
  }

  private JsonDecoder() {}
}
