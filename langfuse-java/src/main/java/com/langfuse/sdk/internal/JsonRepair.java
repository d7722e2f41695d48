package com.langfuse.sdk.internal;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonStreamContext;
import java.io.IOException;
import java.lang.reflect.Array;
import java.util.Collection;
import java.util.Map;

/** Ends JSON that a serializer has begun and not ended. */
final class JsonRepair {

  /** The name of a text about fields that are missing. */
  private static final String REST = "…";

  private JsonRepair() {}

  /**
   * Ends what is open below a container, each with a text where it broke off.
   *
   * @param outer stays open
   */
  static void closeUpTo(JsonStreamContext outer, JsonGenerator json, String text)
      throws IOException {
    JsonGenerator unbounded = BoundedGenerator.unbounded(json);
    JsonStreamContext open = json.getOutputContext();
    while (open != outer && !open.inRoot()) {
      boolean object = open.inObject();
      try {
        unbounded.writeString(text);
      } catch (JsonProcessingException nameIsDue) {
        unbounded.writeFieldName(REST);
        unbounded.writeString(text);
      }
      if (object) {
        unbounded.writeEndObject();
      } else {
        unbounded.writeEndArray();
      }
      open = json.getOutputContext();
    }
  }

  /** What to write for the part of a container that is not written. */
  static String rest(
      Object container, JsonStreamContext outer, JsonGenerator json, Throwable thrown) {
    LimitExceededException exceeded = BoundedGenerator.exceeded(json);
    if (exceeded == null) {
      return Marker.failed(container, thrown);
    }
    JsonStreamContext open = json.getOutputContext();
    while (open.getParent() != null && open.getParent() != outer) {
      open = open.getParent();
    }
    return Marker.rest(sizeOf(container) - open.getEntryCount(), exceeded);
  }

  /** Less than 0 where it is not known. */
  private static long sizeOf(Object container) {
    try {
      return container instanceof Collection<?> all
          ? all.size()
          : container instanceof Map<?, ?> map
              ? map.size()
              : container.getClass().isArray() ? Array.getLength(container) : Long.MIN_VALUE / 2;
    } catch (Throwable t) {
      return Long.MIN_VALUE / 2;
    }
  }
}
