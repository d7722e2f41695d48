package com.langfuse.sdk.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.langfuse.sdk.local.OtlpMessage.Field;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * OTLP in protobuf, as most SDKs send it, read into a tree in OTLP's JSON mapping: that of
 * protobuf, but with ids in hexadecimal and enums by number. Whatever OTLP defines is in the tree,
 * also what this server does not read, such as links; fields that OTLP does not define are skipped.
 */
final class ProtobufDecoder {

  /** Bytes of heap per field: bounds the tree, and the spans, that many small messages become. */
  private static final int FIELD_WEIGHT = 500;

  private static final int LEAST_FIELDS = 100_000;
  private static final long MAX_FIELDS =
      Runtime.getRuntime().maxMemory() / FIELD_WEIGHT + LEAST_FIELDS;

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final ProtobufInput in;
  private long fields;

  private ProtobufDecoder(byte[] body) {
    this.in = new ProtobufInput(body);
  }

  /**
   * @throws RefusedException with 400 for what protobuf or Langfuse refuses, 413 for more fields
   *     than fit into memory
   */
  static List<ReceivedSpan> decode(byte[] body) throws RefusedException {
    return JsonDecoder.decode(tree(body));
  }

  /**
   * @throws RefusedException with 400 for what is no export, 413 for more fields than fit into
   *     memory
   */
  static ObjectNode tree(byte[] body) throws RefusedException {
    ObjectNode export = object();
    new ProtobufDecoder(body).read(OtlpMessage.EXPORT, export);
    return export;
  }

  /**
   * Adds the fields of a message to an object. A field that comes twice is read as by protobuf: the
   * last value counts, messages are merged, repeated fields go on.
   */
  private void read(OtlpMessage type, ObjectNode object) throws RefusedException {
    for (int tag = in.tag(); tag != 0; tag = in.tag()) {
      if (++fields > MAX_FIELDS) {
        throw new RefusedException(413, "The export has more than %d fields".formatted(MAX_FIELDS));
      }
      Field field = type.field(ProtobufInput.fieldNumber(tag));
      if (field == null || field.type().wireType != ProtobufInput.wireType(tag)) {
        in.skip(tag);
      } else {
        if (type.isOneof() && !object.has(field.name())) {
          object.removeAll();
        }
        put(field, object);
      }
    }
  }

  private void put(Field field, ObjectNode object) throws RefusedException {
    JsonNode former = object.get(field.name());
    if (field.repeated()) {
      ArrayNode array = former instanceof ArrayNode same ? same : NODES.arrayNode(1);
      object.set(field.name(), array.add(value(field, null)));
    } else {
      object.set(field.name(), value(field, former));
    }
  }

  /**
   * @param former what the field has already, to which a message is added
   */
  private JsonNode value(Field field, @Nullable JsonNode former) throws RefusedException {
    return switch (field.type()) {
      case BOOL -> NODES.booleanNode(in.varint() != 0);
      case INT32, ENUM -> NODES.numberNode((int) in.varint());
      case UINT32 -> NODES.numberNode(Integer.toUnsignedLong((int) in.varint()));
      case FIXED32 -> NODES.numberNode(Integer.toUnsignedLong(in.fixed32()));
      case INT64 -> NODES.textNode(Long.toString(in.varint()));
      case FIXED64 -> NODES.textNode(Long.toUnsignedString(in.fixed64()));
      case DOUBLE -> number(Double.longBitsToDouble(in.fixed64()));
      case STRING -> NODES.textNode(in.text());
      case BYTES -> NODES.binaryNode(in.bytes());
      case ID -> NODES.textNode(in.hex());
      case MESSAGE -> message(field.message(), former instanceof ObjectNode same ? same : object());
    };
  }

  private static JsonNode number(double value) {
    return Double.isFinite(value)
        ? NODES.numberNode(value)
        : NODES.textNode(Double.toString(value));
  }

  private ObjectNode message(OtlpMessage type, ObjectNode object) throws RefusedException {
    int end = in.enter();
    read(type, object);
    in.leave(end);
    return object;
  }

  /** A small one: most have one or two fields, and many come at once. */
  private static ObjectNode object() {
    return new ObjectNode(NODES, new LinkedHashMap<>(2));
  }
}
