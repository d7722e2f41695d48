package com.langfuse.sdk.local;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The message types of an OTLP trace export: all fields of opentelemetry-proto 1.10 by number, with
 * their names in OTLP's JSON mapping. Field numbers never change; a later version adds fields.
 */
final class OtlpMessage {

  /** How a field's value is encoded, in protobuf and in JSON. */
  enum Type {
    BOOL(ProtobufInput.VARINT),
    INT32(ProtobufInput.VARINT),
    UINT32(ProtobufInput.VARINT),
    /** A 64-bit integer, which is text in JSON. */
    INT64(ProtobufInput.VARINT),
    /** A number in both. */
    ENUM(ProtobufInput.VARINT),
    FIXED32(ProtobufInput.FIXED32),
    /** An unsigned 64-bit integer, which is text in JSON. */
    FIXED64(ProtobufInput.FIXED64),
    /** Text in JSON where JSON has no number for it: NaN and the infinities. */
    DOUBLE(ProtobufInput.FIXED64),
    STRING(ProtobufInput.LENGTH_DELIMITED),
    /** Base64 in JSON. */
    BYTES(ProtobufInput.LENGTH_DELIMITED),
    /** Bytes that are hexadecimal text in JSON, unlike all others. */
    ID(ProtobufInput.LENGTH_DELIMITED),
    MESSAGE(ProtobufInput.LENGTH_DELIMITED);

    final int wireType;

    Type(int wireType) {
      this.wireType = wireType;
    }
  }

  /**
   * @param name in JSON
   * @param message what type of message it is; one without fields for other types of field
   */
  record Field(String name, Type type, boolean repeated, OtlpMessage message) {}

  private static final OtlpMessage NONE = new OtlpMessage(false);

  private static final OtlpMessage ANY_VALUE = new OtlpMessage(true);

  private static final OtlpMessage KEY_VALUE =
      new OtlpMessage(false)
          .with(1, "key", Type.STRING)
          .with(2, "value", ANY_VALUE)
          .with(3, "keyStrindex", Type.INT32);

  static {
    ANY_VALUE
        .with(1, "stringValue", Type.STRING)
        .with(2, "boolValue", Type.BOOL)
        .with(3, "intValue", Type.INT64)
        .with(4, "doubleValue", Type.DOUBLE)
        .with(5, "arrayValue", new OtlpMessage(false).withAll(1, "values", ANY_VALUE))
        .with(6, "kvlistValue", new OtlpMessage(false).withAll(1, "values", KEY_VALUE))
        .with(7, "bytesValue", Type.BYTES)
        .with(8, "stringValueStrindex", Type.INT32);
  }

  private static final OtlpMessage SCOPE =
      new OtlpMessage(false)
          .with(1, "name", Type.STRING)
          .with(2, "version", Type.STRING)
          .withAll(3, "attributes", KEY_VALUE)
          .with(4, "droppedAttributesCount", Type.UINT32);

  private static final OtlpMessage ENTITY_REF =
      new OtlpMessage(false)
          .with(1, "schemaUrl", Type.STRING)
          .with(2, "type", Type.STRING)
          .withAll(3, "idKeys", Type.STRING)
          .withAll(4, "descriptionKeys", Type.STRING);

  private static final OtlpMessage RESOURCE =
      new OtlpMessage(false)
          .withAll(1, "attributes", KEY_VALUE)
          .with(2, "droppedAttributesCount", Type.UINT32)
          .withAll(3, "entityRefs", ENTITY_REF);

  private static final OtlpMessage EVENT =
      new OtlpMessage(false)
          .with(1, "timeUnixNano", Type.FIXED64)
          .with(2, "name", Type.STRING)
          .withAll(3, "attributes", KEY_VALUE)
          .with(4, "droppedAttributesCount", Type.UINT32);

  private static final OtlpMessage LINK =
      new OtlpMessage(false)
          .with(1, "traceId", Type.ID)
          .with(2, "spanId", Type.ID)
          .with(3, "traceState", Type.STRING)
          .withAll(4, "attributes", KEY_VALUE)
          .with(5, "droppedAttributesCount", Type.UINT32)
          .with(6, "flags", Type.FIXED32);

  private static final OtlpMessage STATUS =
      new OtlpMessage(false).with(2, "message", Type.STRING).with(3, "code", Type.ENUM);

  private static final OtlpMessage SPAN =
      new OtlpMessage(false)
          .with(1, "traceId", Type.ID)
          .with(2, "spanId", Type.ID)
          .with(3, "traceState", Type.STRING)
          .with(4, "parentSpanId", Type.ID)
          .with(5, "name", Type.STRING)
          .with(6, "kind", Type.ENUM)
          .with(7, "startTimeUnixNano", Type.FIXED64)
          .with(8, "endTimeUnixNano", Type.FIXED64)
          .withAll(9, "attributes", KEY_VALUE)
          .with(10, "droppedAttributesCount", Type.UINT32)
          .withAll(11, "events", EVENT)
          .with(12, "droppedEventsCount", Type.UINT32)
          .withAll(13, "links", LINK)
          .with(14, "droppedLinksCount", Type.UINT32)
          .with(15, "status", STATUS)
          .with(16, "flags", Type.FIXED32);

  private static final OtlpMessage SCOPE_SPANS =
      new OtlpMessage(false)
          .with(1, "scope", SCOPE)
          .withAll(2, "spans", SPAN)
          .with(3, "schemaUrl", Type.STRING);

  private static final OtlpMessage RESOURCE_SPANS =
      new OtlpMessage(false)
          .with(1, "resource", RESOURCE)
          .withAll(2, "scopeSpans", SCOPE_SPANS)
          .with(3, "schemaUrl", Type.STRING);

  /** ExportTraceServiceRequest, the body of a request. */
  static final OtlpMessage EXPORT =
      new OtlpMessage(false).withAll(1, "resourceSpans", RESOURCE_SPANS);

  private final boolean isOneof;
  private @Nullable Field[] fields = {};

  private OtlpMessage(boolean isOneof) {
    this.isOneof = isOneof;
  }

  /** Whether at most one of the fields is set: the last on the wire. */
  boolean isOneof() {
    return isOneof;
  }

  /** Null for a number that OTLP has no field for. */
  @Nullable Field field(int number) {
    return number < fields.length ? fields[number] : null;
  }

  private OtlpMessage with(int number, String name, Type type) {
    return add(number, new Field(name, type, false, NONE));
  }

  private OtlpMessage with(int number, String name, OtlpMessage message) {
    return add(number, new Field(name, Type.MESSAGE, false, message));
  }

  private OtlpMessage withAll(int number, String name, Type type) {
    return add(number, new Field(name, type, true, NONE));
  }

  private OtlpMessage withAll(int number, String name, OtlpMessage message) {
    return add(number, new Field(name, Type.MESSAGE, true, message));
  }

  private OtlpMessage add(int number, Field field) {
    fields = Arrays.copyOf(fields, Math.max(fields.length, number + 1));
    fields[number] = field;
    return this;
  }
}
