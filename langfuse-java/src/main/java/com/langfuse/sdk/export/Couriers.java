package com.langfuse.sdk.export;

import com.langfuse.sdk.internal.Activity;
import com.langfuse.sdk.internal.BackgroundThread;
import com.langfuse.sdk.internal.IdleTime;
import com.langfuse.sdk.internal.QuietLog;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * The delivery threads: daemons, started when there is something to do, which end when there has
 * been nothing for some seconds. Threadsafe.
 */
final class Couriers {

  static final int MOST = 4;

  /** Threads that are interrupted end at once; one that does not is not waited for. */
  private static final long LAST_PATIENCE = TimeUnit.MILLISECONDS.toNanos(150);

  private final BackgroundThread.Round round;
  private final BooleanSupplier isIdle;
  private final Runnable whenAllAreIdle;
  private final Runnable whenAllHaveLeft;
  private final Activity activity;
  private final QuietLog log;
  private final IdleTime idleTime = new IdleTime();
  private final List<BackgroundThread> threads = new ArrayList<>();
  private volatile int hired;
  private volatile boolean dismissed;

  /**
   * @param round what each of them does, over and over, until all are dismissed
   * @param isIdle whether nothing waits, so that threads may end
   * @param whenAllAreIdle called by the last thread that ends for lack of work; more may come
   * @param whenAllHaveLeft called after all were dismissed and have ended; may be called twice
   */
  Couriers(
      BackgroundThread.Round round,
      BooleanSupplier isIdle,
      Runnable whenAllAreIdle,
      Runnable whenAllHaveLeft,
      Activity activity,
      QuietLog log) {
    this.round = round;
    this.isIdle = isIdle;
    this.whenAllAreIdle = whenAllAreIdle;
    this.whenAllHaveLeft = whenAllHaveLeft;
    this.activity = activity;
    this.log = log;
  }

  /** Another one, as long as there are not too many. */
  void hire() {
    if (hired >= MOST) {
      return;
    }
    synchronized (threads) {
      if (dismissed || threads.size() >= MOST) {
        return;
      }
      try {
        idleTime.restart();
        BackgroundThread thread =
            BackgroundThread.create("langfuse-delivery", this::work, () -> {}, activity);
        thread.start();
        threads.add(thread);
        hired = threads.size();
      } catch (Throwable noThread) {
        log.warn("thread", "A delivery thread cannot be started, the next span tries.", noThread);
      }
    }
  }

  private void work() {
    try {
      BackgroundThread.repeat(round, this::isOver, log);
    } finally {
      leave();
    }
  }

  private boolean isOver() {
    boolean mayEnd = BackgroundThread.isAskedToEnd() || idleTime.left() <= 0;
    return dismissed || (mayEnd && isIdle.getAsBoolean());
  }

  private void leave() {
    boolean last;
    synchronized (threads) {
      threads.remove(Thread.currentThread());
      hired = threads.size();
      last = threads.isEmpty();
    }
    if (haveLeft()) {
      whenAllHaveLeft.run();
    } else if (!dismissed && !isIdle.getAsBoolean()) {
      hire(); // it came in while this one left
    } else if (last) {
      whenAllAreIdle.run();
    }
  }

  /** Interrupts them, and waits a moment, so that all is counted when this returns. */
  void dismiss() {
    dismissed = true;
    List<BackgroundThread> running;
    synchronized (threads) {
      running = List.copyOf(threads);
    }
    running.forEach(BackgroundThread::stopWork);
    long deadline = System.nanoTime() + LAST_PATIENCE;
    for (Thread thread : running) {
      long millis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (millis > 0 && thread != Thread.currentThread()) {
        try {
          thread.join(millis);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          break;
        }
      }
    }
    if (haveLeft()) {
      whenAllHaveLeft.run();
    }
  }

  /** Since one of them has last had work. */
  IdleTime idleTime() {
    return idleTime;
  }

  boolean isDismissed() {
    return dismissed;
  }

  /** Nobody works any more, and nobody will. */
  boolean haveLeft() {
    synchronized (threads) {
      return dismissed && threads.isEmpty();
    }
  }
}
