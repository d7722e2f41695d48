package com.langfuse.sdk.internal;

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

  static String failed(Throwable thrown) {
    return "<not readable: " + name(thrown) + ">";
  }

  /** The type without its package; an anonymous one has no simple name. */
  private static String name(Object value) {
    String simple = value.getClass().getSimpleName();
    String full = value.getClass().getName();
    return simple.isEmpty() ? full.substring(full.lastIndexOf('.') + 1) : simple;
  }
}
