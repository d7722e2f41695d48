package com.langfuse.sdk;

import com.langfuse.sdk.export.FlushReport;
import java.time.Duration;

/** Closes a client when the JVM goes down in an orderly way, so that the last trace arrives. */
final class ExitHook {

  private final Thread thread;

  private ExitHook(Thread thread) {
    this.thread = thread;
  }

  /**
   * @param timeout for what is not delivered yet
   */
  static ExitHook install(Langfuse langfuse, Duration timeout) {
    Thread thread = new Thread(() -> deliver(langfuse, timeout), "langfuse-exit");
    try {
      Runtime.getRuntime().addShutdownHook(thread);
    } catch (IllegalStateException goingDown) {
      // A client made this late has no later moment to deliver in.
    }
    return new ExitHook(thread);
  }

  /** By now the logging may have gone, so what is lost is said where it is still heard. */
  private static void deliver(Langfuse langfuse, Duration timeout) {
    FlushReport report = langfuse.closeIfReachable(timeout);
    if (!report.isComplete()) {
      System.err.println("Langfuse: not everything was delivered at exit: " + report);
    }
  }

  void remove() {
    try {
      Runtime.getRuntime().removeShutdownHook(thread);
    } catch (IllegalStateException goingDown) {
      // It is running, or about to; closing twice is fine.
    }
  }
}
