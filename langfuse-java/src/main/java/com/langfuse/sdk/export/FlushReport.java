package com.langfuse.sdk.export;

import com.langfuse.sdk.line.Ledger;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What became of what ended since the last report, and what is still pending. Each observation,
 * score and media file is in exactly one of exported, failed, dropped and pending; threads that
 * flush at the same time share these counts. What a process that died has left in the spool counts
 * as if it had ended here.
 *
 * <pre>{@code
 * FlushReport report = langfuse.flush(Duration.ofSeconds(5));
 * if (!report.isComplete()) {
 *   logger.warn("Langfuse is behind: {}", report);
 * }
 * }</pre>
 *
 * @param observations which are what the short methods here are about
 * @param scores see {@code langfuse.scores()}
 * @param media files found in inputs, outputs and metadata
 * @param reason why the latest of what is not exported is not, for people: the server's address and
 *     what it answered, or why it could not be reached; null when all is exported, or when what is
 *     pending has met no obstacle yet
 */
public record FlushReport(Count observations, Count scores, Count media, @Nullable String reason) {

  /** Of all three kinds, none null. */
  public FlushReport {
    Objects.requireNonNull(observations, "observations");
    Objects.requireNonNull(scores, "scores");
    Objects.requireNonNull(media, "media");
  }

  /** What a disabled client reports: there was nothing to deliver. */
  public static final FlushReport EMPTY = new FlushReport(Count.NONE, Count.NONE, Count.NONE, null);

  /** Nothing was lost and nothing is waiting. */
  public boolean isComplete() {
    return observations.isComplete() && scores.isComplete() && media.isComplete();
  }

  /** Observations that Langfuse has accepted. */
  public long exported() {
    return observations.exported();
  }

  /** Observations that were given up. */
  public long failed() {
    return observations.failed();
  }

  /** Observations that were never sent. */
  public long dropped() {
    return observations.dropped();
  }

  /** Observations that ended before this flush began, and are still waiting. */
  public long pending() {
    return observations.pending();
  }

  /** One line, without what is zero, and with the reason. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("observations: ").append(observations);
    if (!scores.equals(Count.NONE)) {
      text.append("; scores: ").append(scores);
    }
    if (!media.equals(Count.NONE)) {
      text.append("; media: ").append(media);
    }
    if (reason != null) {
      text.append("; reason: ").append(reason);
    }
    return text.toString();
  }

  /**
   * Numbers for one kind of thing.
   *
   * @param exported accepted by Langfuse: its answer is one, and does not reject them
   * @param retried of the exported and failed, how many took more than one try
   * @param failures given up, by HTTP status: refused by Langfuse, or tried until the time for
   *     retries was over; 0 stands for no answer, or for what could not be sent at all, and a
   *     status of success for an answer that rejects them or is not Langfuse's, such as a login
   *     page
   * @param dropped never sent because the queue was full, or cut off by closing the client
   * @param truncated of the exported, how many had their longest texts cut to fit through
   * @param pending waiting, in memory or in the spool
   */
  public record Count(
      long exported,
      long retried,
      SortedMap<Integer, Long> failures,
      long dropped,
      long truncated,
      long pending) {

    public static final Count NONE = new Count(0, 0, new TreeMap<>(), 0, 0, 0);

    /** Copies the map. */
    public Count {
      Objects.requireNonNull(failures, "failures");
      failures = Collections.unmodifiableSortedMap(new TreeMap<>(failures));
    }

    /** The numbers of a ledger, with what is still on its way. */
    static Count of(Ledger ledger, long pending) {
      return new Count(
          ledger.exported(),
          ledger.retried(),
          ledger.failures(),
          ledger.dropped(),
          ledger.truncated(),
          pending);
    }

    /** Given up, whatever the status. */
    public long failed() {
      return failures.values().stream().mapToLong(Long::longValue).sum();
    }

    public boolean isComplete() {
      return failures.isEmpty() && dropped == 0 && pending == 0;
    }

    /** What happened between an earlier count and this one. */
    Count since(Count earlier) {
      SortedMap<Integer, Long> newFailures = new TreeMap<>();
      for (Map.Entry<Integer, Long> failure : failures.entrySet()) {
        long more = failure.getValue() - earlier.failures.getOrDefault(failure.getKey(), 0L);
        if (more > 0) {
          newFailures.put(failure.getKey(), more);
        }
      }
      return new Count(
          exported - earlier.exported,
          retried - earlier.retried,
          newFailures,
          dropped - earlier.dropped,
          truncated - earlier.truncated,
          pending);
    }

    Count plus(Count other) {
      SortedMap<Integer, Long> all = new TreeMap<>(failures);
      other.failures.forEach((status, count) -> all.merge(status, count, Long::sum));
      return new Count(
          exported + other.exported,
          retried + other.retried,
          all,
          dropped + other.dropped,
          truncated + other.truncated,
          pending + other.pending);
    }

    @Override
    public String toString() {
      StringBuilder text = new StringBuilder().append(exported).append(" exported");
      append(text, retried, "retried");
      if (!failures.isEmpty()) {
        append(text, failed(), "failed " + failures);
      }
      append(text, dropped, "dropped");
      append(text, truncated, "truncated");
      append(text, pending, "pending");
      return text.toString();
    }

    private static void append(StringBuilder text, long number, String word) {
      if (number > 0) {
        text.append(", ").append(number).append(' ').append(word);
      }
    }
  }
}
