package com.langfuse.sdk.line;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Where everybody who sends waits: while the server wants to be left alone, and while it refuses
 * the keys. Then it is asked from time to time, by one of those who wait. Threadsafe.
 */
final class Gate {

  private static final int SLOWEST = 10;

  /** However great the hurry, this is between two tries. */
  private static final long SHORTEST_PAUSE = TimeUnit.MILLISECONDS.toNanos(500);

  /** Somebody in a hurry says so again and again. */
  private static final long HURRY_LASTS = TimeUnit.MILLISECONDS.toNanos(100);

  private final long probeNanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  private long restUntil = System.nanoTime();
  private boolean refused;
  private long nextProbe;
  private int probes;
  private long refusals;
  private long refusedAt;
  private long hurriedAt = System.nanoTime() - HURRY_LASTS;
  private boolean letOneThrough;

  Gate(Duration probeInterval) {
    this.probeNanos = probeInterval.toNanos();
  }

  /** Returns when sending makes sense. */
  void pass(BooleanSupplier probe) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (true) {
        long now = System.nanoTime();
        if (restUntil - now > 0) {
          changed.awaitNanos(restUntil - now);
        } else if (!refused) {
          return;
        } else if (letOneThrough && now - hurriedAt < HURRY_LASTS) {
          letOneThrough = false;
          return;
        } else if (nextProbe - now > 0) {
          changed.awaitNanos(nextProbe - now);
        } else {
          scheduleProbe();
          ask(probe);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void ask(BooleanSupplier probe) {
    lock.unlock();
    boolean open;
    try {
      open = probe.getAsBoolean();
    } finally {
      lock.lock();
    }
    if (open) {
      open();
    }
  }

  /** Waits between two tries, not as long while somebody is in a hurry. */
  void backOff(Duration time) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long start = System.nanoTime();
      long waited = 0;
      while (waited < time.toNanos()) {
        long enough = enoughOf(time);
        if (waited >= enough) {
          return;
        }
        changed.awaitNanos(enough - waited);
        waited = System.nanoTime() - start;
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether a pause that began then has passed, which is not as long while a flush waits. */
  boolean isPauseOver(long since, Duration time) {
    lock.lock();
    try {
      return System.nanoTime() - since >= enoughOf(time);
    } finally {
      lock.unlock();
    }
  }

  private long enoughOf(Duration time) {
    boolean hurried = System.nanoTime() - hurriedAt < HURRY_LASTS;
    return hurried ? Math.min(SHORTEST_PAUSE, time.toNanos()) : time.toNanos();
  }

  /** The server asked for this, of all of us. */
  void rest(Duration time) {
    lock.lock();
    try {
      long until = System.nanoTime() + time.toNanos();
      if (until - restUntil > 0) {
        restUntil = until;
      }
    } finally {
      lock.unlock();
    }
  }

  void refuse() {
    lock.lock();
    try {
      if (!refused) {
        refused = true;
        probes = 0;
        scheduleProbe();
      }
    } finally {
      lock.unlock();
    }
  }

  /** What met the refusal is counted, so who waits for it may go. */
  void tellRefusal() {
    lock.lock();
    try {
      refusals++;
      refusedAt = System.nanoTime();
      letOneThrough = false;
    } finally {
      lock.unlock();
    }
  }

  /** The same, unless something else was refused than the keys. */
  void tellRefusalIfRefused() {
    lock.lock();
    try {
      if (refused) {
        tellRefusal();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Sending works. */
  void open() {
    lock.lock();
    try {
      if (refused) {
        refused = false;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Cuts our own pauses short for a moment, though not those that the server asked for.
   *
   * @return what {@link #refusals} must exceed for a wait to be in vain
   */
  long hurry() {
    lock.lock();
    try {
      long now = System.nanoTime();
      hurriedAt = now;
      boolean justRefused = refused && now - refusedAt < SHORTEST_PAUSE;
      if (refused && !justRefused) {
        letOneThrough = true;
      }
      changed.signalAll();
      return justRefused ? refusals - 1 : refusals;
    } finally {
      lock.unlock();
    }
  }

  /** How often a refusal was told. */
  long refusals() {
    lock.lock();
    try {
      return refusals;
    } finally {
      lock.unlock();
    }
  }

  private void scheduleProbe() {
    probes = Math.min(probes + 1, SLOWEST);
    nextProbe = System.nanoTime() + probeNanos * probes;
  }
}
