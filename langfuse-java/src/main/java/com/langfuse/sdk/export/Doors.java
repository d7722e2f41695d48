package com.langfuse.sdk.export;

import com.langfuse.sdk.export.FlushReport.Count;
import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.line.Ledger;
import com.langfuse.sdk.line.SideDoor;
import com.langfuse.sdk.line.SideDoor.Wait;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** All that leaves by one line: flushed, closed and reported together. Threadsafe. */
final class Doors {

  private static final Duration LONGEST = Duration.ofDays(365);

  /** For the application's listener, which may take its time. */
  private static final long LAST_WORDS = TimeUnit.MILLISECONDS.toNanos(150);

  private final List<SideDoor> doors = new CopyOnWriteArrayList<>();
  private final Supplier<@Nullable String> problem;
  private final QuietLog log;
  private FlushReport reported = FlushReport.EMPTY;

  /**
   * @param problem why what is waiting has not been delivered; null where that is not known
   */
  Doors(Supplier<@Nullable String> problem, QuietLog log) {
    this.problem = problem;
    this.log = log;
  }

  /** In the order of flushing: media are found while observations are sent. */
  void add(SideDoor door) {
    doors.add(door);
  }

  /** Sends what was there before, and reports at the deadline at the latest. */
  FlushReport flush(Duration timeout) {
    long deadline = deadline(timeout);
    Map<SideDoor, Wait> waits = hurry();
    try {
      for (Wait wait : waits.values()) {
        wait.await(deadline - System.nanoTime());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the report says what is still pending
    }
    return report(waits);
  }

  /**
   * Flushes, then stops. Waits even on a thread that is interrupted: that is how many a program
   * ends, and its last trace matters.
   */
  FlushReport close(Duration timeout) {
    long deadline = deadline(timeout);
    doors.forEach(SideDoor::refuse);
    Map<SideDoor, Wait> waits = hurry();
    boolean interrupted = Thread.interrupted();
    for (Wait wait : waits.values()) {
      interrupted |= wasInterrupted(() -> wait.await(deadline - System.nanoTime()));
    }
    FlushReport report = report(waits);
    doors.forEach(SideDoor::close);
    long tellBy = System.nanoTime() + LAST_WORDS;
    for (SideDoor door : doors) {
      interrupted |= wasInterrupted(() -> door.ledger().awaitTold(tellBy - System.nanoTime()));
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (!report.isComplete()) {
      log.warn("closed", "Langfuse was closed and not everything was delivered: " + report);
    }
    return report;
  }

  private Map<SideDoor, Wait> hurry() {
    Map<SideDoor, Wait> waits = new LinkedHashMap<>();
    doors.forEach(door -> waits.put(door, door.hurry()));
    return waits;
  }

  private static long deadline(Duration timeout) {
    Duration bounded = timeout.compareTo(LONGEST) < 0 ? timeout : LONGEST;
    return System.nanoTime() + (bounded.isNegative() ? 0 : bounded.toNanos());
  }

  private interface Waiting {
    void await() throws InterruptedException;
  }

  private static boolean wasInterrupted(Waiting waiting) {
    boolean interrupted = false;
    while (true) {
      try {
        waiting.await();
        return interrupted;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
  }

  /** Since the start, with what is waiting now. */
  FlushReport total() {
    return total(SideDoor::pending);
  }

  /** Since the last report, with what was waited for in vain. */
  private synchronized FlushReport report(Map<SideDoor, Wait> waits) {
    FlushReport now =
        total(
            door -> {
              Wait wait = waits.get(door);
              return wait == null ? door.pending() : wait.pending();
            });
    FlushReport since =
        new FlushReport(
            now.observations().since(reported.observations()),
            now.scores().since(reported.scores()),
            now.media().since(reported.media()),
            null);
    reported = now;
    return withReason(since);
  }

  private FlushReport total(ToLongFunction<SideDoor> pending) {
    return withReason(
        new FlushReport(
            total(ExportLine.OBSERVATIONS, pending),
            total(ExportLine.SCORES, pending),
            total(ExportLine.MEDIA, pending),
            null));
  }

  private FlushReport withReason(FlushReport report) {
    return new FlushReport(report.observations(), report.scores(), report.media(), reason(report));
  }

  /** What failed has the server's verdict; else what keeps the rest from it; else the drop's. */
  private @Nullable String reason(FlushReport report) {
    if (report.isComplete()) {
      return null;
    }
    String failure = last(report, count -> count.failed() > 0, Ledger::lastFailure);
    String current = failure == null ? problem.get() : failure;
    return current == null ? last(report, count -> count.dropped() > 0, Ledger::lastDrop) : current;
  }

  private @Nullable String last(
      FlushReport report, Predicate<Count> isOf, Function<Ledger, @Nullable String> reason) {
    Map<String, Count> counts =
        Map.of(
            ExportLine.OBSERVATIONS, report.observations(),
            ExportLine.SCORES, report.scores(),
            ExportLine.MEDIA, report.media());
    for (SideDoor door : doors) {
      Count count = counts.get(door.ledger().kind());
      if (count != null && isOf.test(count)) {
        return reason.apply(door.ledger());
      }
    }
    return null;
  }

  private Count total(String kind, ToLongFunction<SideDoor> pending) {
    Count sum = Count.NONE;
    for (SideDoor door : doors) {
      if (door.ledger().kind().equals(kind)) {
        synchronized (door.ledger()) { // or one that is settled just now would be in two numbers
          sum = sum.plus(Count.of(door.ledger(), pending.applyAsLong(door)));
        }
      }
    }
    return sum;
  }
}
