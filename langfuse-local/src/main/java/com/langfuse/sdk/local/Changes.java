package com.langfuse.sdk.local;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** One lock around some state, and waiting for that state to change: no polling anywhere. */
final class Changes {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  void make(Runnable change) {
    lock.lock();
    try {
      change.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  <T> T look(Supplier<T> view) {
    lock.lock();
    try {
      return view.get();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Asks at once and after every change, until there is a result or the deadline has passed.
   *
   * @return empty on the deadline, and at once when the thread is interrupted, which it stays
   */
  <T> Optional<T> await(Duration deadline, Supplier<Optional<T>> probe) {
    Objects.requireNonNull(deadline, "deadline");
    long nanos = TimeUnit.NANOSECONDS.convert(deadline); // saturates where toNanos() would throw
    lock.lock();
    try {
      Optional<T> result = probe.get();
      while (result.isEmpty() && nanos > 0) {
        nanos = changed.awaitNanos(nanos);
        result = probe.get();
      }
      return result;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    } finally {
      lock.unlock();
    }
  }
}
