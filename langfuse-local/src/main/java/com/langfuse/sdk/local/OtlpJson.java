package com.langfuse.sdk.local;

import com.fasterxml.jackson.core.JsonGenerator;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * An export as one line of JSON, in OTLP's mapping: that of protobuf, but with ids in hex and enums
 * by number. Whatever the message has is written, also what nobody here reads, such as links.
 */
final class OtlpJson {

  /** Without a line break. The body must be one that {@link TraceExport} takes. */
  static byte[] line(Call call) throws IOException, RefusedException {
    byte[] content = call.content();
    return TraceExport.isJson(call)
        ? Json.bytes(Json.parse(content))
        : line(ExportTraceServiceRequest.parseFrom(content));
  }

  static byte[] line(ExportTraceServiceRequest export) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    try (JsonGenerator json = Json.generator(line)) {
      message(export, json);
    }
    return line.toByteArray();
  }

  private static void message(Message message, JsonGenerator json) throws IOException {
    json.writeStartObject();
    for (Map.Entry<FieldDescriptor, Object> each : message.getAllFields().entrySet()) {
      FieldDescriptor field = each.getKey();
      json.writeFieldName(field.getJsonName());
      if (field.isRepeated()) {
        json.writeStartArray();
        for (Object item : (List<?>) each.getValue()) {
          value(field, item, json);
        }
        json.writeEndArray();
      } else {
        value(field, each.getValue(), json);
      }
    }
    json.writeEndObject();
  }

  private static void value(FieldDescriptor field, Object value, JsonGenerator json)
      throws IOException {
    switch (field.getJavaType()) {
      case MESSAGE -> message((Message) value, json);
      case ENUM -> json.writeNumber(((EnumValueDescriptor) value).getNumber());
      case BYTE_STRING -> bytes(field, ((ByteString) value).toByteArray(), json);
      case LONG -> json.writeString(value.toString()); // times stay below 2^63 until 2262
      case INT -> json.writeNumber(Integer.toUnsignedLong((Integer) value));
      default -> json.writePOJO(value); // texts, booleans and doubles, NaN as text
    }
  }

  private static void bytes(FieldDescriptor field, byte[] bytes, JsonGenerator json)
      throws IOException {
    if (field.getName().endsWith("_id")) {
      json.writeString(HexFormat.of().formatHex(bytes));
    } else {
      json.writeBinary(bytes);
    }
  }

  private OtlpJson() {}
}
