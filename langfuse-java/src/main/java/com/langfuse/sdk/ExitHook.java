package com.langfuse.sdk;

import com.langfuse.sdk.export.ClassWarmUp;
import com.langfuse.sdk.export.FlushReport;
import com.langfuse.sdk.internal.Activity;
import com.langfuse.sdk.internal.BackgroundThread;
import com.langfuse.sdk.internal.ClassLoaders;
import com.langfuse.sdk.line.Line;
import com.langfuse.sdk.line.TextRewriter;
import java.lang.ref.WeakReference;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Closes a client when the JVM goes down in an orderly way, so that the last trace arrives.
 *
 * <p>While the client has threads that deliver, the JVM's hook holds it; at other times it does
 * not, so that a client that was never closed can be collected. Where the SDK's classes can be
 * unloaded, the hook is there only during delivery: it would keep the class loader of an
 * application that is gone.
 */
final class ExitHook implements Activity.Watcher {

  private final Langfuse langfuse;
  private final AtExit atExit;
  private final boolean always;
  private @Nullable Thread hook;
  private boolean removed;

  private ExitHook(Langfuse langfuse, Duration timeout, boolean always) {
    this.langfuse = langfuse;
    this.atExit = new AtExit(langfuse, timeout);
    this.always = always;
  }

  /**
   * @param timeout for what is not delivered yet
   * @param line of the client's
   * @param rewriter of the client's
   */
  static ExitHook install(
      Langfuse langfuse, Duration timeout, Line line, @Nullable TextRewriter rewriter) {
    ClassWarmUp.run(Langfuse.class, WarmUpSamples::encode, () -> WarmUpSamples.rewrite(rewriter));
    ExitHook exitHook = new ExitHook(langfuse, timeout, ClassLoaders.isSdkOfJvm());
    if (exitHook.always) {
      exitHook.register();
    }
    line.activity().watch(exitHook);
    return exitHook;
  }

  @Override
  public synchronized void begun() {
    if (removed) {
      return;
    }
    atExit.active = langfuse;
    if (hook == null) {
      register();
    } else if (hook.getState() != Thread.State.NEW) {
      warnOfLateRecording();
    }
  }

  @Override
  public synchronized void ended() {
    atExit.active = null;
    if (!always) {
      unregister();
    }
  }

  synchronized void remove() {
    removed = true;
    atExit.active = null;
    unregister();
  }

  private synchronized void register() {
    try {
      // A launcher may destroy the program's thread group before, and no thread starts in it then.
      Thread thread = BackgroundThread.createInTopGroup("langfuse-exit", atExit);
      Runtime.getRuntime().addShutdownHook(thread);
      hook = thread;
    } catch (IllegalStateException goingDown) {
      warnOfLateRecording();
    } catch (VirtualMachineError noMemory) {
      // The next thread that delivers tries again.
    }
  }

  /** In another shutdown hook, which the JVM runs at the same time as this one, or later. */
  private static void warnOfLateRecording() {
    System.err.println(
        "Langfuse: what is recorded while the JVM shuts down is delivered only if the client is"
            + " flushed in the same shutdown hook.");
  }

  private synchronized void unregister() {
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

  /** What the JVM runs. */
  private static final class AtExit implements Runnable {

    private final WeakReference<Langfuse> client;
    private final Duration timeout;

    /** The client while it has something to deliver. */
    private volatile @Nullable Langfuse active;

    AtExit(Langfuse client, Duration timeout) {
      this.client = new WeakReference<>(client);
      this.timeout = timeout;
    }

    /** Null where there is nothing to do, not even a stream that was left unread. */
    private @Nullable Langfuse clientToClose() {
      Langfuse idle = client.get();
      return active == null && idle != null && idle.streamReaders().areWatched() ? idle : active;
    }

    /** By now the logging may have gone, so losses are reported on the standard error stream. */
    @Override
    public void run() {
      try {
        Langfuse langfuse = clientToClose();
        FlushReport report =
            langfuse == null ? FlushReport.EMPTY : langfuse.closeIfReachable(timeout);
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
  }
}
