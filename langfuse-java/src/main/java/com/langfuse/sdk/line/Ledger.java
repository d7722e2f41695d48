package com.langfuse.sdk.line;

import com.langfuse.sdk.internal.QuietLog;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What became of one kind of thing since the start, in numbers that only grow. Threadsafe.
 *
 * <p>A thing is counted and settled in one step, holding the ledger's monitor, and so does who
 * reads the numbers: then nothing is in two of them, or in none. Log and listener, which may be
 * slow or wait for us, come after that.
 */
public final class Ledger {

  private final String kind;
  private final QuietLog log;
  private final LossTeller teller;
  private final LongAdder exported = new LongAdder();
  private final LongAdder retried = new LongAdder();
  private final LongAdder dropped = new LongAdder();
  private final LongAdder truncated = new LongAdder();
  private final Map<Integer, LongAdder> failures = new ConcurrentHashMap<>();
  private volatile @Nullable String lastFailure;
  private volatile @Nullable String lastDrop;

  /**
   * @param kind in the plural, for people
   */
  public Ledger(String kind, QuietLog log, LossTeller teller) {
    this.kind = kind;
    this.log = log;
    this.teller = teller;
  }

  public String kind() {
    return kind;
  }

  public void exported(long count, Runnable settling) {
    synchronized (this) {
      exported.add(count);
      settling.run();
    }
  }

  /** Took more than one try; counted as exported or failed too. */
  public void retried(long count) {
    retried.add(count);
  }

  /** Cut to fit through; counted as exported too. */
  public void truncated(long count) {
    truncated.add(count);
  }

  /**
   * Given up, and said in the log.
   *
   * @param status of the answer that ended it; {@link Outcome#NO_ANSWER} where there was none
   * @param reason what happened, for people: {@code Langfuse at … answered 400: …}
   */
  public void failed(long count, int status, String reason, Runnable settling) {
    count(count, status, reason, settling);
    if (count > 0) {
      log.warn("failed " + kind, count + " " + kind + " are lost: " + reason);
      teller.tell(kind, count, false, status, reason);
    }
  }

  /** Given up for a reason that the log has already. */
  public void refused(long count, int status, String reason) {
    count(count, status, reason, () -> {});
    teller.tell(kind, count, false, status, reason);
  }

  private void count(long count, int status, String reason, Runnable settling) {
    synchronized (this) {
      if (count > 0) {
        lastFailure = reason;
        failures.computeIfAbsent(status, s -> new LongAdder()).add(count);
      }
      settling.run();
    }
  }

  /** Never accepted. */
  public void dropped(long count, String reason) {
    dropped(count, reason, () -> {});
  }

  /** Never sent, or cut off by closing. */
  public void dropped(long count, String reason, Runnable settling) {
    synchronized (this) {
      dropped.add(count);
      if (count > 0) {
        lastDrop = reason;
      }
      settling.run();
    }
    if (count > 0) {
      log.warn("dropped " + kind, reason);
      teller.tell(kind, count, true, Outcome.NO_ANSWER, reason);
    }
  }

  /** Waits until the listener has heard of everything, or the time is up. */
  public void awaitTold(long nanos) throws InterruptedException {
    teller.await(nanos);
  }

  /** Why the latest ones were given up; null before the first. */
  public @Nullable String lastFailure() {
    return lastFailure;
  }

  /** Why the latest ones were dropped; null before the first. */
  public @Nullable String lastDrop() {
    return lastDrop;
  }

  public long exported() {
    return exported.sum();
  }

  public long retried() {
    return retried.sum();
  }

  public long dropped() {
    return dropped.sum();
  }

  public long truncated() {
    return truncated.sum();
  }

  /** By status. */
  public SortedMap<Integer, Long> failures() {
    SortedMap<Integer, Long> sums = new TreeMap<>();
    failures.forEach((status, count) -> sums.put(status, count.sum()));
    return sums;
  }
}
