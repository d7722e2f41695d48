package com.langfuse.sdk.line;

import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How far a queue has got that several threads empty: who waits for the first so many to be settled
 * is not fooled by later ones that overtake. Threadsafe.
 */
public final class Progress {

  private final AtomicLong accepted = new AtomicLong();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();
  private final TreeMap<Long, Share> underWay = new TreeMap<>();
  private final AtomicLong taken = new AtomicLong();
  private final AtomicLong wanted = new AtomicLong();
  private final AtomicLong settled = new AtomicLong();

  /** Called before a thing is queued, so that whoever waits for it waits long enough. */
  public void accepted(long count) {
    accepted.addAndGet(count);
  }

  /** Accepted, but not queued after all. */
  public void withdraw(long count) {
    accepted.addAndGet(-count);
  }

  public long accepted() {
    return accepted.get();
  }

  /** Not taken by anybody yet. */
  public long waiting() {
    return accepted.get() - taken.get();
  }

  /** Somebody waits for what is here now. */
  public void hurry() {
    wanted.accumulateAndGet(accepted.get(), Math::max);
  }

  /** Some of what somebody waits for is not taken yet. */
  public boolean isHurried() {
    return taken.get() < wanted.get();
  }

  /** Waiting or under way. */
  public long pending() {
    return accepted.get() - settled.get();
  }

  /** The next so many of the queue are somebody's now. */
  public Share take(long count) {
    lock.lock();
    try {
      Share share = new Share(taken.get(), count);
      if (count > 0) {
        underWay.put(share.first, share);
        taken.addAndGet(count);
      }
      return share;
    } finally {
      lock.unlock();
    }
  }

  /** Of the first so many, how many are not settled after this time. */
  public long await(long target, long nanos) throws InterruptedException {
    if (nanos <= 0) {
      return unsettled(target);
    }
    lock.lockInterruptibly();
    try {
      long left = nanos;
      while (unsettled(target) > 0 && left > 0) {
        left = news.awaitNanos(left);
      }
      return unsettled(target);
    } finally {
      lock.unlock();
    }
  }

  public long unsettled(long target) {
    lock.lock();
    try {
      long open = Math.max(0, Math.min(target, accepted.get()) - taken.get());
      for (Share share : underWay.headMap(target).values()) {
        open += Math.min(share.open, target - share.first);
      }
      return open;
    } finally {
      lock.unlock();
    }
  }

  /** What one thread has taken. */
  public final class Share {
    private final long first;
    private long open;

    private Share(long first, long count) {
      this.first = first;
      this.open = count;
    }

    /** So many of it have arrived or are lost. */
    public void settle(long count) {
      lock.lock();
      try {
        open -= count;
        settled.addAndGet(count);
        if (open == 0) {
          underWay.remove(first);
        }
        news.signalAll();
      } finally {
        lock.unlock();
      }
    }

    public long open() {
      lock.lock();
      try {
        return open;
      } finally {
        lock.unlock();
      }
    }
  }
}
