package com.langfuse.sdk.internal;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.lang.reflect.InvocationTargetException;

/** The texts that stand where a value could not be written. */
final class Marker {

  private Marker() {}

  /** For a branch that is cut: a cycle, too deep, or a value that would be used up by reading. */
  static String cut(Object value) {
    return "<" + name(value) + ">";
  }

  static String notSerializable(Object value) {
    return "<not serializable object of type: " + name(value) + ">";
  }

  /** Names what the application's code threw, not what Jackson or reflection wrapped it in. */
  static String failed(Throwable thrown) {
    Throwable cause = thrown;
    while (cause.getCause() != null
        && (cause instanceof JsonProcessingException
            || cause instanceof InvocationTargetException)) {
      cause = cause.getCause();
    }
    return "<not readable: " + name(cause) + ">";
  }

  /** The type without its package; an anonymous one has no simple name. */
  private static String name(Object value) {
    String simple = value.getClass().getSimpleName();
    String full = value.getClass().getName();
    return simple.isEmpty() ? full.substring(full.lastIndexOf('.') + 1) : simple;
  }
}
