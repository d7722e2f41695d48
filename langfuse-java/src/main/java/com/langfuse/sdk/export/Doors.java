package com.langfuse.sdk.export;

import com.langfuse.sdk.export.FlushReport.Count;
import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.line.SideDoor;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.ToLongFunction;

/** All that leaves by one line: flushed, closed and reported together. Threadsafe. */
final class Doors {

  private static final Duration LONGEST = Duration.ofDays(365);

  private final List<SideDoor> doors = new CopyOnWriteArrayList<>();
  private final QuietLog log;
  private FlushReport reported = FlushReport.EMPTY;

  Doors(QuietLog log) {
    this.log = log;
  }

  /** In the order of flushing: media are found while observations are sent. */
  void add(SideDoor door) {
    doors.add(door);
  }

  /** Sends what was there before, and reports at the deadline at the latest. */
  FlushReport flush(Duration timeout) {
    Waiting waiting = new Waiting(timeout);
    doors.forEach(SideDoor::hurry);
    try {
      for (SideDoor door : doors) {
        waiting.await(door);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the report says what is still pending
    }
    return report(waiting);
  }

  /**
   * Flushes, then stops. Waits even on a thread that is interrupted: that is how many a program
   * ends, and its last trace matters.
   */
  FlushReport close(Duration timeout) {
    Waiting waiting = new Waiting(timeout);
    doors.forEach(SideDoor::refuse);
    doors.forEach(SideDoor::hurry);
    boolean interrupted = Thread.interrupted();
    for (SideDoor door : doors) {
      boolean waited = false;
      while (!waited) {
        try {
          waiting.await(door);
          waited = true;
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    FlushReport report = report(waiting);
    doors.forEach(SideDoor::close);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (!report.isComplete()) {
      log.warn("closed", "Langfuse was closed and not everything was delivered: " + report);
    }
    return report;
  }

  /** Since the start, with what is waiting now. */
  FlushReport total() {
    return total(Doors::pendingNow);
  }

  /** Since the last report, with what was waited for in vain. */
  private synchronized FlushReport report(Waiting waiting) {
    FlushReport now = total(waiting::pending);
    FlushReport since =
        new FlushReport(
            now.observations().since(reported.observations()),
            now.scores().since(reported.scores()),
            now.media().since(reported.media()));
    reported = now;
    return since;
  }

  private FlushReport total(ToLongFunction<SideDoor> pending) {
    return new FlushReport(
        total(ExportLine.OBSERVATIONS, pending),
        total(ExportLine.SCORES, pending),
        total(ExportLine.MEDIA, pending));
  }

  private Count total(String kind, ToLongFunction<SideDoor> pending) {
    return doors.stream()
        .filter(door -> door.ledger().kind().equals(kind))
        .map(door -> Count.of(door.ledger(), pending.applyAsLong(door)))
        .reduce(Count.NONE, Count::plus);
  }

  private static long pendingNow(SideDoor door) {
    try {
      return door.await(0);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 0;
    }
  }

  /** One deadline for all doors. */
  private static final class Waiting {
    private final long deadline;
    private final Map<SideDoor, Long> pending = new HashMap<>();

    Waiting(Duration timeout) {
      Duration bounded = timeout.compareTo(LONGEST) < 0 ? timeout : LONGEST;
      this.deadline = System.nanoTime() + bounded.toNanos();
    }

    void await(SideDoor door) throws InterruptedException {
      pending.put(door, door.await(Math.max(0, deadline - System.nanoTime())));
    }

    long pending(SideDoor door) {
      Long known = pending.get(door);
      return known == null ? pendingNow(door) : known;
    }
  }
}
