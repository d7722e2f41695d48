package com.langfuse.sdk.internal;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * A daemon thread of the SDK, without the inheritable thread-locals of the thread that happens to
 * start it.
 *
 * <p>An {@link #interrupt} from outside, as launchers and servers do it to threads that they do not
 * know, does not disturb the request under way. It asks the thread to end: what waits is sent at
 * once, and then the thread ends; what is recorded later starts another one. Only the owner stops a
 * thread at once, by {@link #stopWork}.
 */
public final class BackgroundThread extends Thread {

  private static final long PAUSE_AFTER_FAILURE = TimeUnit.SECONDS.toNanos(1);

  private final Runnable whenAsked;
  private volatile boolean asked;
  private volatile boolean stopping;

  /** Not started yet; ends by itself, whatever interrupts it. */
  public BackgroundThread(String name, Runnable work) {
    this(name, work, () -> {});
  }

  /**
   * Not started yet.
   *
   * @param whenAsked called after an interrupt from outside, to wake up a thread that is not parked
   */
  public BackgroundThread(String name, Runnable work, Runnable whenAsked) {
    super(null, work, name, 0, false);
    this.whenAsked = whenAsked;
    setDaemon(true);
  }

  /** One piece of work. */
  @FunctionalInterface
  public interface Round {

    /**
     * Does one piece of work, and may wait for it.
     *
     * @throws InterruptedException if the thread is stopped by its owner
     */
    void go() throws InterruptedException;
  }

  /** The group that no launcher interrupts or destroys. */
  public static ThreadGroup topGroup() {
    ThreadGroup group = Thread.currentThread().getThreadGroup();
    for (ThreadGroup parent = group; parent != null; parent = parent.getParent()) {
      group = parent;
    }
    return group;
  }

  /**
   * Works on the current thread until it is over. A round that throws anything, an {@link Error}
   * included, is followed by a pause and the next round.
   */
  public static void repeat(Round round, BooleanSupplier isOver, QuietLog log) {
    while (!isOver.getAsBoolean()) {
      try {
        round.go();
      } catch (InterruptedException stopped) {
        log.debug("A thread of the SDK was stopped.");
      } catch (Throwable failure) {
        pauseAfter(failure, log);
      }
    }
  }

  private static void pauseAfter(Throwable failure, QuietLog log) {
    try {
      log.warn("thread failure", "A thread of the SDK failed, and goes on.", failure);
      LockSupport.parkNanos(PAUSE_AFTER_FAILURE);
    } catch (Throwable again) {
      // Without memory there may be no warning; the next round is what matters.
    }
  }

  /** Whether the current thread is to send what waits, and to end. */
  public static boolean isAskedToEnd() {
    return Thread.currentThread() instanceof BackgroundThread thread && thread.asked;
  }

  /** Asks the thread to end, unless its owner has stopped it: then this is an interrupt. */
  @Override
  public void interrupt() {
    if (stopping) {
      super.interrupt();
    } else {
      asked = true;
      LockSupport.unpark(this);
      whenAsked.run();
    }
  }

  /** Interrupts what the thread does, for its owner. */
  public void stopWork() {
    stopping = true;
    super.interrupt();
  }
}
