package com.langfuse.sdk.export;

import com.langfuse.sdk.internal.QuietLog;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The delivery threads: daemons, started when there is something to do. Threadsafe. */
final class Couriers {

  /** What one of them does, over and over, until all are dismissed. */
  @FunctionalInterface
  interface Round {
    void go() throws InterruptedException;
  }

  private static final int MOST = 4;

  /** Threads that are interrupted end at once; one that does not is not waited for. */
  private static final long LAST_PATIENCE = TimeUnit.MILLISECONDS.toNanos(150);

  private final Round round;
  private final Runnable whenAllHaveLeft;
  private final QuietLog log;
  private final List<Thread> threads = new ArrayList<>();
  private volatile int hired;
  private volatile boolean dismissed;

  Couriers(Round round, Runnable whenAllHaveLeft, QuietLog log) {
    this.round = round;
    this.whenAllHaveLeft = whenAllHaveLeft;
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
        // Without the inheritable thread-locals of whichever request came first.
        Thread thread = new Thread(null, this::work, "langfuse-delivery", 0, false);
        thread.setDaemon(true);
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
      while (!dismissed) {
        round.go();
      }
    } catch (InterruptedException closing) {
      log.debug("A delivery thread was stopped.");
    } finally {
      leave();
    }
  }

  private void leave() {
    synchronized (threads) {
      threads.remove(Thread.currentThread());
      hired = threads.size();
    }
    if (haveLeft()) {
      whenAllHaveLeft.run();
    }
  }

  /** Interrupts them, and waits a moment, so that all is counted when this returns. */
  void dismiss() {
    dismissed = true;
    List<Thread> running;
    synchronized (threads) {
      running = List.copyOf(threads);
    }
    running.forEach(Thread::interrupt);
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
