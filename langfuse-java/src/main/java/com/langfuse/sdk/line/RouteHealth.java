package com.langfuse.sdk.line;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What the latest attempts on one kind of route came to. Threadsafe. */
final class RouteHealth {

  /** A request that has been open for less than this is not worth a word. */
  private static final long SLOW = TimeUnit.SECONDS.toNanos(1);

  private @Nullable String failure;
  private int failures;
  private int unreachable;
  private int open;
  private long since;

  /** A request leaves. */
  synchronized void begin() {
    if (open++ == 0) {
      since = System.nanoTime();
    }
  }

  /** A request is over, with or without an outcome. */
  synchronized void end() {
    open--;
    since = System.nanoTime();
  }

  /** A request came to this. */
  synchronized void record(Outcome outcome) {
    failure = outcome.arrived() ? null : outcome.words();
    failures = outcome.arrived() ? 0 : failures + 1;
    unreachable = outcome.isUnreachable() ? unreachable + 1 : 0;
  }

  /** How many attempts in succession have failed. */
  synchronized int failures() {
    return failures;
  }

  /** How many attempts in succession got no connection. */
  synchronized int unreachable() {
    return unreachable;
  }

  synchronized void forgetUnreachable() {
    unreachable = 0;
  }

  /** Why the latest attempt failed, after the server's name; null where it did not. */
  synchronized @Nullable String problem() {
    if (failure != null || open == 0) {
      return failure;
    }
    long waiting = System.nanoTime() - since;
    return waiting < SLOW
        ? null
        : "has not answered for " + TimeUnit.NANOSECONDS.toSeconds(waiting) + " s";
  }
}
