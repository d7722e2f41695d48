package com.langfuse.sdk.internal;

import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's own logging, which prints the class that called the logger, unless it is given another
 * one. Loaded where it is in use only: its module is optional.
 */
final class JavaUtilLog {

  private JavaUtilLog() {}

  static void log(
      System.Logger.Level level,
      String className,
      String methodName,
      String text,
      @Nullable Throwable thrown) {
    Logger.getLogger(className).logp(levelOf(level), className, methodName, text, thrown);
  }

  private static Level levelOf(System.Logger.Level level) {
    return switch (level) {
      case ALL -> Level.ALL;
      case TRACE -> Level.FINER;
      case DEBUG -> Level.FINE;
      case INFO -> Level.INFO;
      case WARNING -> Level.WARNING;
      case ERROR -> Level.SEVERE;
      case OFF -> Level.OFF;
    };
  }
}
