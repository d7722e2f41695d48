package com.langfuse.sdk;

import com.langfuse.sdk.export.ClassWarmUp;
import com.langfuse.sdk.export.FlushReport;
import com.langfuse.sdk.internal.BackgroundThread;
import com.langfuse.sdk.line.TextRewriter;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Closes a client when the JVM goes down in an orderly way, so that the last trace arrives. */
final class ExitHook {

  private final Thread thread;

  private ExitHook(Thread thread) {
    this.thread = thread;
  }

  /**
   * @param timeout for what is not delivered yet
   * @param rewriter of the client's
   */
  static ExitHook install(Langfuse langfuse, Duration timeout, @Nullable TextRewriter rewriter) {
    ClassWarmUp.run(Langfuse.class, WarmUpSamples::encode, () -> WarmUpSamples.rewrite(rewriter));
    // A launcher may destroy the program's thread group before, and no thread starts in it then.
    Thread thread =
        new Thread(
            BackgroundThread.topGroup(),
            () -> deliver(langfuse, timeout),
            "langfuse-exit",
            0,
            false);
    try {
      Runtime.getRuntime().addShutdownHook(thread);
    } catch (IllegalStateException goingDown) {
      // A client made this late has no later moment to deliver in.
    }
    return new ExitHook(thread);
  }

  /** By now the logging may have gone, so what is lost is said where it is still heard. */
  private static void deliver(Langfuse langfuse, Duration timeout) {
    try {
      FlushReport report = langfuse.closeIfReachable(timeout);
      if (!report.isComplete()) {
        System.err.println("Langfuse: not everything was delivered at exit: " + report);
      }
    } catch (Throwable t) { // such as NoClassDefFoundError, when the class loader is closed
      System.err.println(
          "Langfuse: what was recorded last may not be delivered at exit, close the client before"
              + " the program ends: "
              + t);
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
