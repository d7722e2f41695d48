package com.langfuse.sdk.line;

import com.langfuse.sdk.internal.QuietLog;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** What became of one kind of thing since the start, in numbers that only grow. Threadsafe. */
public final class Ledger {

  /** Is told of what is lost. */
  @FunctionalInterface
  public interface LossListener {
    void lost(String kind, long count, boolean dropped, int status, String reason);
  }

  private final String kind;
  private final QuietLog log;
  private final LossListener listener;
  private final LongAdder exported = new LongAdder();
  private final LongAdder retried = new LongAdder();
  private final LongAdder dropped = new LongAdder();
  private final LongAdder truncated = new LongAdder();
  private final Map<Integer, LongAdder> failures = new ConcurrentHashMap<>();
  private final AtomicLong droppedUntold = new AtomicLong();
  private volatile String dropReason = "";
  private final AtomicLong refusedUntold = new AtomicLong();
  private volatile Refusal refusal = new Refusal(0, "");

  private record Refusal(int status, String reason) {}

  /**
   * @param kind in the plural, for people
   */
  public Ledger(String kind, QuietLog log, LossListener listener) {
    this.kind = kind;
    this.log = log;
    this.listener = listener;
  }

  public String kind() {
    return kind;
  }

  public void exported(long count) {
    exported.add(count);
  }

  /** Took more than one try; counted as exported or failed too. */
  public void retried(long count) {
    retried.add(count);
  }

  /** Cut to fit through; counted as exported or failed too. */
  public void truncated(long count) {
    truncated.add(count);
  }

  /**
   * Given up.
   *
   * @param status of the answer that ended it; {@link Outcome#NO_ANSWER} where there was none
   * @param reason what happened, for people: {@code Langfuse at … answered 400: …}
   */
  public void failed(long count, int status, String reason) {
    count(count, status);
    log.warn("failed " + kind, count + " " + kind + " are lost: " + reason);
    tell(count, false, status, reason);
  }

  /** Never sent. Safe on the application's threads: the listener hears of it later. */
  public void dropped(long count, String reason) {
    dropped.add(count);
    dropReason = reason;
    droppedUntold.addAndGet(count);
    log.warn("dropped " + kind, reason);
  }

  /** Called by a delivery thread now and then. */
  public void tellDropped() {
    long untold = droppedUntold.getAndSet(0);
    if (untold > 0) {
      tell(untold, true, Outcome.NO_ANSWER, dropReason);
    }
  }

  /**
   * Given up before it was sent, which the caller has put into the log. Safe on the application's
   * threads: the listener hears of it later.
   *
   * @param status that the server would have answered with
   */
  public void refused(long count, int status, String reason) {
    count(count, status);
    refusal = new Refusal(status, reason);
    refusedUntold.addAndGet(count);
  }

  /** Called by a delivery thread now and then. */
  public void tellRefused() {
    long untold = refusedUntold.getAndSet(0);
    if (untold > 0) {
      Refusal last = refusal;
      tell(untold, false, last.status(), last.reason());
    }
  }

  private void count(long count, int status) {
    failures.computeIfAbsent(status, s -> new LongAdder()).add(count);
  }

  private void tell(long count, boolean neverSent, int status, String reason) {
    try {
      listener.lost(kind, count, neverSent, status, reason);
    } catch (Throwable t) {
      log.warn("listener", "The delivery listener throws.", t);
    }
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
