package com.langfuse.sdk.internal;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.lang.reflect.InvocationTargetException;

/** The texts that stand where a value could not be written. */
final class Marker {

  /** For a serializer that does not end what it began. */
  static final String UNFINISHED = "<not readable: unfinished>";

  /** For a property whose getter would have to compute it. */
  static final String NOT_COMPUTED = "<not computed>";

  private Marker() {}

  /** For a branch that is cut: a cycle, too deep, or a value that would be used up by reading. */
  static String cut(Object value) {
    return "<" + name(value) + ">";
  }

  /** For bytes that are not recorded. */
  static String bytes(long length) {
    return "<bytes " + length + ">";
  }

  /** For a number whose text would take long to make. */
  static String tooLong(Number number, int bits) {
    return "<" + name(number) + " of " + bits + " bits>";
  }

  static String notSerializable(Object value) {
    return "<not serializable object of type: " + name(value) + ">";
  }

  /** The beginning of a text, with how long it was. Pairs of surrogates stay together. */
  static String cutText(CharSequence text, int maxLength) {
    boolean splitsPair = maxLength > 0 && Character.isHighSurrogate(text.charAt(maxLength - 1));
    StringBuilder kept = new StringBuilder(maxLength + 32);
    kept.append(text, 0, splitsPair ? maxLength - 1 : maxLength);
    return kept.append("… [cut: ").append(text.length()).append(" characters]").toString();
  }

  /**
   * For the rest of a container.
   *
   * @param left how many elements; less than 1 where it is not known
   */
  static String rest(long left, LimitExceededException exceeded) {
    return "… [cut: " + (left < 1 ? "" : left + " ") + "more, over " + exceeded.getMessage() + "]";
  }

  /** Names what the application's code threw, or the value where Jackson has no way to write it. */
  static String failed(Object value, Throwable thrown) {
    Throwable cause = causeOf(thrown);
    return cause instanceof JsonProcessingException ? notSerializable(value) : notReadable(cause);
  }

  /** Names what the application's code threw, not what Jackson or reflection wrapped it in. */
  static String failed(Throwable thrown) {
    return notReadable(causeOf(thrown));
  }

  private static String notReadable(Throwable cause) {
    return "<not readable: " + name(cause) + ">";
  }

  private static Throwable causeOf(Throwable thrown) {
    Throwable cause = thrown;
    while (cause.getCause() != null
        && (cause instanceof JsonProcessingException
            || cause instanceof InvocationTargetException)) {
      cause = cause.getCause();
    }
    return cause;
  }

  /** The type without its package; what a lambda is for; an anonymous one has no simple name. */
  private static String name(Object value) {
    Class<?> type = value.getClass();
    boolean lambda = type.isHidden() || isKotlinLambda(type);
    if (lambda && type.getInterfaces().length > 0) {
      return type.getInterfaces()[0].getSimpleName();
    }
    String simple = type.getSimpleName();
    String full = type.getName();
    return simple.isEmpty() ? full.substring(full.lastIndexOf('.') + 1) : simple;
  }

  private static boolean isKotlinLambda(Class<?> type) {
    Class<?> parent = type.getSuperclass();
    return parent != null && parent.getName().equals("kotlin.jvm.internal.Lambda");
  }
}
