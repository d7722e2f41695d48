package com.langfuse.sdk.internal;

import java.util.concurrent.TimeUnit;

/** Says when threads that have had nothing to do for some seconds may end. Threadsafe. */
public final class IdleTime {

  /** Long enough for connections to be reused between bursts. */
  private static final long LIMIT = TimeUnit.SECONDS.toNanos(5);

  private volatile long lastWork = System.nanoTime();

  /** A thread has something to do. */
  public void restart() {
    lastWork = System.nanoTime();
  }

  /** Returns how long a thread without work waits for more, in nanoseconds; 0 or less is over. */
  public long left() {
    return lastWork - System.nanoTime() + LIMIT;
  }
}
