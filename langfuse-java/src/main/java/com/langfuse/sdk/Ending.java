package com.langfuse.sdk;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** How a block was left by an exception: cancelled, which is no fault of its own, or failed. */
record Ending(Throwable cause, boolean cancelled, String why) {

  static Ending by(Throwable thrown) {
    Throwable cause = unwrapped(thrown);
    boolean cancelled =
        cause instanceof CancellationException || cause instanceof InterruptedException;
    return new Ending(
        cause,
        cancelled,
        messageOf(cause, cancelled ? "cancelled" : cause.getClass().getSimpleName()));
  }

  ObservationLevel level() {
    return cancelled ? ObservationLevel.WARNING : ObservationLevel.ERROR;
  }

  /** Futures wrap what happened in an exception of their own. */
  private static Throwable unwrapped(Throwable thrown) {
    boolean wrapper = thrown instanceof CompletionException || thrown instanceof ExecutionException;
    Throwable cause = wrapper ? thrown.getCause() : null;
    return cause == null ? thrown : cause;
  }

  private static String messageOf(Throwable thrown, String otherwise) {
    try {
      String message = thrown.getMessage();
      return message == null || message.isBlank() ? otherwise : message;
    } catch (Throwable hostile) {
      return otherwise;
    }
  }
}
