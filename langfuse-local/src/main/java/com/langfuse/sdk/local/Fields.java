package com.langfuse.sdk.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/** The fields of a JSON object, refused where they are of the wrong type. Null counts as absent. */
record Fields(JsonNode object) {

  /** The object a body consists of. */
  static Fields in(JsonNode body) throws RefusedException {
    if (body.isMissingNode()) {
      throw new RefusedException("The body must be JSON: send it as Content-Type application/json");
    }
    return of(body, "The body");
  }

  static Fields of(JsonNode node, String what) throws RefusedException {
    if (!node.isObject()) {
      throw new RefusedException(what + " must be a JSON object");
    }
    return new Fields(node);
  }

  /** The value as it is; a missing node if absent. */
  JsonNode node(String name) {
    JsonNode node = object.path(name);
    return node.isNull() ? MissingNode.getInstance() : node;
  }

  /** Null if absent or empty. */
  @Nullable String text(String name) throws RefusedException {
    JsonNode node = node(name);
    if (!node.isMissingNode() && !node.isTextual()) {
      throw new RefusedException(name + " must be a string, not " + node);
    }
    return node.asText("").isEmpty() ? null : node.textValue();
  }

  String requireText(String name) throws RefusedException {
    String text = text(name);
    if (text == null) {
      throw new RefusedException(name + " must be a string that is not empty");
    }
    return text;
  }

  int requirePositive(String name) throws RefusedException {
    JsonNode node = node(name);
    if (!node.canConvertToInt() || !node.canConvertToExactIntegral() || node.intValue() < 1) {
      throw new RefusedException(name + " must be an integer above 0");
    }
    return node.intValue();
  }

  Instant requireInstant(String name) throws RefusedException {
    try {
      return OffsetDateTime.parse(requireText(name)).toInstant();
    } catch (DateTimeParseException e) {
      throw new RefusedException(name + " must be a time with an offset", e);
    }
  }
}
