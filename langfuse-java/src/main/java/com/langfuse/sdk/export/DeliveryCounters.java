package com.langfuse.sdk.export;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What became of the spans, in numbers that add up, and a place to wait for them. A span is
 * accepted first and settled once: exported, failed or abandoned. Threadsafe.
 */
final class DeliveryCounters {

  private final AtomicLong accepted = new AtomicLong();
  private final AtomicLong exported = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();
  private final AtomicLong settled = new AtomicLong();

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();
  private FlushReport reported = FlushReport.EMPTY;

  /** Called before a span is queued, so that whoever waits for it waits long enough. */
  void accepted() {
    accepted.incrementAndGet();
  }

  void dropped(int spans) {
    dropped.addAndGet(spans);
  }

  void settled(int spans, boolean arrived) {
    (arrived ? exported : failed).addAndGet(spans);
    settle(spans);
  }

  /** Accepted, but never sent. */
  void abandoned(int spans) {
    dropped.addAndGet(spans);
    settle(spans);
  }

  long acceptedSoFar() {
    return accepted.get();
  }

  long settledSoFar() {
    return settled.get();
  }

  /** Returns when so many are settled, or the time is up. */
  void awaitSettled(long target, long nanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = nanos;
      while (settled.get() < target && left > 0) {
        left = news.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  /** What happened since the last report, and what of the first so many is still pending. */
  FlushReport report(long target) {
    lock.lock();
    try {
      FlushReport before = reported;
      reported = new FlushReport(exported.get(), failed.get(), dropped.get(), 0);
      return new FlushReport(
          reported.exported() - before.exported(),
          reported.failed() - before.failed(),
          reported.dropped() - before.dropped(),
          Math.max(0, target - settled.get()));
    } finally {
      lock.unlock();
    }
  }

  private void settle(int spans) {
    settled.addAndGet(spans);
    lock.lock();
    try {
      news.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
