package com.langfuse.sdk.internal;

import org.jspecify.annotations.Nullable;

/** How values of one class of another library are written. */
@FunctionalInterface
interface ForeignForm {

  /**
   * The value in another form: a {@link Json}, or a value of the JDK's that is written as usual.
   *
   * @throws Throwable what the library throws
   */
  @Nullable Object of(Object value) throws Throwable;

  /** A text that is JSON already. */
  record Json(String text) {}

  /** The value's own text where it has one, else a marker with the name of its class. */
  static ForeignForm text(Class<?> type) {
    return hasText(type) ? Object::toString : Marker::cut;
  }

  private static boolean hasText(Class<?> type) {
    try {
      return type.getMethod("toString").getDeclaringClass() != Object.class;
    } catch (NoSuchMethodException | LinkageError noText) {
      return false;
    }
  }

  /** A method gives another form. */
  static ForeignForm method(String name) {
    return value -> PublicMethods.call(value, name);
  }

  /** A method gives JSON. */
  static ForeignForm json(String method) {
    return value -> {
      Object json = PublicMethods.call(value, method);
      return json == null ? null : new Json(json.toString());
    };
  }
}
