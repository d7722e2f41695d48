package com.langfuse.sdk.internal;

import org.jspecify.annotations.Nullable;

/** Tells what is wrong with a class path, from the error that a value failed with. */
final class LinkageErrors {

  private static final int MAX_CAUSES = 20;
  private static final String JACKSON = "com/fasterxml/jackson/";

  private LinkageErrors() {}

  /** The one that a throwable is, or was caused by; null for another failure. */
  static @Nullable LinkageError in(Throwable thrown) {
    Throwable each = thrown;
    for (int i = 0; each != null && i < MAX_CAUSES; i++) {
      if (each instanceof LinkageError error) {
        return error;
      }
      Throwable[] suppressed = each.getSuppressed();
      each = each.getCause() != null || suppressed.length == 0 ? each.getCause() : suppressed[0];
    }
    return null;
  }

  /** What failed, and what to change. */
  static String describe(Class<?> type, LinkageError error) {
    String failed = "A " + type.getName() + " could not be written as JSON as a whole: " + error;
    return String.valueOf(error.getMessage()).replace('.', '/').contains(JACKSON)
        ? failed + ". " + JacksonVersions.advice()
        : failed
            + ". A class that the value needs is missing on the class path, is there in another"
            + " version, or cannot be initialized.";
  }
}
