package com.langfuse.sdk.line;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Where everybody who sends waits: while the server wants to be left alone, and while it refuses
 * the keys. Then it is asked from time to time, by one of those who wait. Threadsafe.
 */
final class Gate {

  private static final int SLOWEST = 10;

  private final long probeNanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  private long restUntil = System.nanoTime();
  private boolean refused;
  private long nextProbe;
  private int probes;
  private long refusals;
  private long hurries;
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
        } else if (letOneThrough) {
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

  /** Waits between two tries, shorter if somebody is in a hurry. */
  void backOff(Duration time) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long before = hurries;
      long left = time.toNanos();
      while (left > 0 && hurries == before) {
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
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

  /** Cuts waits short, except where the server asked for them. */
  void hurry() {
    lock.lock();
    try {
      hurries++;
      letOneThrough = refused;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** How often a refusal was told, as long as the keys are refused; 0 when they are not. */
  long refusals() {
    lock.lock();
    try {
      return refused ? refusals : 0;
    } finally {
      lock.unlock();
    }
  }

  private void scheduleProbe() {
    probes = Math.min(probes + 1, SLOWEST);
    nextProbe = System.nanoTime() + probeNanos * probes;
  }
}
