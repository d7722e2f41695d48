package com.langfuse.sdk.line;

import com.langfuse.sdk.internal.BackgroundThread;
import com.langfuse.sdk.internal.QuietLog;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Tells the application's listener of losses, on a thread of its own, which is there only while
 * there is something to tell: a listener that takes its time holds up nobody. Threadsafe.
 */
public final class LossTeller {

  /** Is told of what is lost. */
  @FunctionalInterface
  public interface LossListener {
    void lost(String kind, long count, boolean dropped, int status, String reason);
  }

  /** Losses that come faster than this are told together. */
  private static final long BREATH = TimeUnit.MILLISECONDS.toNanos(50);

  private record Cause(String kind, boolean dropped, int status) {}

  private record Loss(long count, String reason) {
    Loss plus(Loss later) {
      return new Loss(count + later.count, later.reason);
    }
  }

  private final @Nullable LossListener listener;
  private final QuietLog log;
  private final Map<Cause, Loss> untold = new LinkedHashMap<>();
  private @Nullable Thread thread;

  public LossTeller(@Nullable LossListener listener, QuietLog log) {
    this.listener = listener;
    this.log = log;
  }

  void tell(String kind, long count, boolean dropped, int status, String reason) {
    if (listener == null) {
      return;
    }
    synchronized (untold) {
      untold.merge(new Cause(kind, dropped, status), new Loss(count, reason), Loss::plus);
      if (thread == null) {
        start(listener);
      }
    }
  }

  private void start(LossListener whom) {
    try {
      Thread starting = BackgroundThread.create("langfuse-listener", () -> run(whom));
      starting.start();
      thread = starting;
    } catch (Throwable noThread) {
      log.warn("listener", "The listener's thread cannot be started.", noThread);
    }
  }

  private void run(LossListener whom) {
    try {
      tellAll(whom);
    } finally {
      synchronized (untold) {
        if (thread == Thread.currentThread()) { // it failed, the next loss starts another one
          thread = null;
          untold.notifyAll();
        }
      }
    }
  }

  private void tellAll(LossListener whom) {
    while (true) {
      List<Map.Entry<Cause, Loss>> now;
      synchronized (untold) {
        if (untold.isEmpty()) {
          thread = null;
          untold.notifyAll();
          return;
        }
        now = new ArrayList<>(Map.copyOf(untold).entrySet());
        untold.clear();
      }
      now.forEach(entry -> tell(whom, entry.getKey(), entry.getValue()));
      LockSupport.parkNanos(BREATH);
    }
  }

  private void tell(LossListener whom, Cause cause, Loss loss) {
    try {
      whom.lost(cause.kind(), loss.count(), cause.dropped(), cause.status(), loss.reason());
    } catch (Throwable t) {
      log.warn("listener", "The delivery listener throws.", t);
    }
  }

  /** Waits until all is told, or the time is up. */
  void await(long nanos) throws InterruptedException {
    long deadline = System.nanoTime() + nanos;
    synchronized (untold) {
      while (thread != null && thread != Thread.currentThread()) {
        long millis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (millis <= 0) {
          return;
        }
        untold.wait(millis);
      }
    }
  }
}
