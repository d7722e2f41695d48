package com.langfuse.sdk;

import com.langfuse.sdk.export.ClassWarmUp;
import com.langfuse.sdk.export.FlushReport;
import com.langfuse.sdk.internal.Activity;
import com.langfuse.sdk.internal.BackgroundThread;
import com.langfuse.sdk.line.Line;
import com.langfuse.sdk.line.TextRewriter;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Closes a client when the JVM goes down in an orderly way, so that the last trace arrives.
 *
 * <p>The JVM's hook is there only while the client has threads that deliver: it keeps the client,
 * and by it the application's class loader, which are to go with the application when it did not
 * close the client.
 */
final class ExitHook implements Activity.Watcher {

  private final Langfuse langfuse;
  private final Duration timeout;
  private @Nullable Thread hook;
  private boolean removed;

  private ExitHook(Langfuse langfuse, Duration timeout) {
    this.langfuse = langfuse;
    this.timeout = timeout;
  }

  /**
   * @param timeout for what is not delivered yet
   * @param line of the client's
   * @param rewriter of the client's
   */
  static ExitHook install(
      Langfuse langfuse, Duration timeout, Line line, @Nullable TextRewriter rewriter) {
    ClassWarmUp.run(Langfuse.class, WarmUpSamples::encode, () -> WarmUpSamples.rewrite(rewriter));
    ExitHook exitHook = new ExitHook(langfuse, timeout);
    line.activity().watch(exitHook);
    return exitHook;
  }

  @Override
  public synchronized void begun() {
    if (removed) {
      return;
    }
    try {
      // A launcher may destroy the program's thread group before, and no thread starts in it then.
      Thread thread = BackgroundThread.createInTopGroup("langfuse-exit", this::deliver);
      Runtime.getRuntime().addShutdownHook(thread);
      hook = thread;
    } catch (IllegalStateException | VirtualMachineError goingDown) {
      // What is recorded this late has no later moment to be delivered in.
    }
  }

  @Override
  public synchronized void ended() {
    Thread thread = hook;
    hook = null;
    try {
      if (thread != null) {
        Runtime.getRuntime().removeShutdownHook(thread);
      }
    } catch (IllegalStateException goingDown) {
      // It is running, or about to; closing twice is fine.
    }
  }

  /** By now the logging may have gone, so what is lost is said where it is still heard. */
  private void deliver() {
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

  synchronized void remove() {
    removed = true;
    ended();
  }
}
