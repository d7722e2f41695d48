package com.langfuse.sdk.export;

import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.line.Ledger;
import com.langfuse.sdk.line.Outcome;
import com.langfuse.sdk.line.Progress;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The segments of one process, its own or what another one has left behind, oldest first. */
final class SpoolSource implements Source {

  private final Ledger ledger;
  private final QuietLog log;
  private final Progress progress = new Progress();
  private final Deque<SpoolSegment> segments = new ArrayDeque<>();
  private long takenBytes;

  SpoolSource(Ledger ledger, QuietLog log) {
    this.ledger = ledger;
    this.log = log;
  }

  /** Takes over what waits in it, and counts what is lost in it as dropped. */
  synchronized void add(SpoolSegment segment) {
    progress.accepted(segment.size());
    segments.add(segment);
    String problem = segment.problem();
    ledger.dropped(segment.takeLost(), "The spool's file " + problem + ".");
  }

  /** Adds a span to the newest segment. */
  synchronized void append(byte[] span) throws IOException {
    progress.accepted(1); // before the span can be taken
    try {
      segments.getLast().append(span);
    } catch (Throwable t) {
      progress.withdraw(1);
      throw t;
    }
  }

  /** Whether the newest segment has no room for so much more. */
  synchronized boolean isFull(long mostBytes) {
    return segments.isEmpty() || segments.getLast().length() >= mostBytes;
  }

  @Override
  public Progress progress() {
    return progress;
  }

  @Override
  public synchronized long waitingBytes() {
    return segments.stream().mapToLong(SpoolSegment::openBytes).sum() - takenBytes;
  }

  /** Of the files. */
  synchronized long length() {
    return segments.stream().mapToLong(SpoolSegment::length).sum();
  }

  /** Nothing waits or is under way. */
  synchronized boolean isDone() {
    return segments.stream().allMatch(SpoolSegment::isEmpty);
  }

  @Override
  public boolean isLasting() {
    return true;
  }

  @Override
  public @Nullable Parcel take(int most, long mostBytes) {
    for (SpoolSegment segment : notDone()) {
      try {
        Records records = take(segment, most, mostBytes);
        if (records != null) {
          return records;
        }
      } catch (IOException | RuntimeException e) {
        int lost = segment.giveUp();
        ledger.failed(
            lost,
            Outcome.NO_ANSWER,
            "the spool's file cannot be read: " + e,
            () -> progress.take(lost).settle(lost));
      } catch (OutOfMemoryError e) {
        log.warn("spool memory", "There is no memory to read the spool, it waits: " + e);
        return null;
      }
    }
    return null;
  }

  private synchronized @Nullable Records take(SpoolSegment segment, int most, long mostBytes)
      throws IOException {
    SpoolSegment.Slice slice = segment.take(most, mostBytes);
    if (slice != null) {
      takenBytes += slice.bytes();
    }
    Records records = slice == null ? null : new Records(segment, slice);
    countLost(segment);
    return records;
  }

  /** What has waited here, and turns out to be damaged. */
  private void countLost(SpoolSegment segment) {
    String problem = segment.problem();
    long lost = segment.takeLost();
    if (lost > 0) {
      ledger.dropped(
          lost, "The spool's file " + problem + ".", () -> progress.take(lost).settle(lost));
    }
  }

  private synchronized List<SpoolSegment> notDone() {
    dropDone();
    return List.copyOf(segments);
  }

  /** All but the newest, which may be written to. */
  private void dropDone() {
    while (segments.size() > 1 && segments.element().isEmpty()) {
      segments.remove().close();
    }
  }

  private synchronized void done(SpoolSegment segment, SpoolSegment.Slice slice)
      throws IOException {
    takenBytes -= slice.bytes();
    segment.done(slice);
  }

  /** Deletes all files when nothing waits or is under way; false when something does. */
  synchronized boolean deleteIfDone() {
    boolean done = isDone();
    if (done) {
      segments.forEach(SpoolSegment::close);
      segments.clear();
    }
    return done;
  }

  /** Deletes what is done; what is not waits for the next process. True when nothing does. */
  synchronized boolean close() {
    segments.forEach(SpoolSegment::close);
    return isDone();
  }

  private final class Records implements Parcel {
    private final SpoolSegment segment;
    private final SpoolSegment.Slice slice;
    private final Progress.Share share;

    Records(SpoolSegment segment, SpoolSegment.Slice slice) {
      this.segment = segment;
      this.slice = slice;
      this.share = progress.take(slice.spans().size());
    }

    @Override
    public OtlpBody body() {
      return OtlpBody.joined(slice.spans());
    }

    @Override
    public void settle(long spans) {
      share.settle(spans);
    }

    @Override
    public long unsettled() {
      return share.open();
    }

    /** A parcel that is not settled to the last is sent again, by the next process. */
    @Override
    public void close() {
      try {
        if (share.open() == 0) {
          done(segment, slice);
        }
      } catch (IOException e) {
        log.warn("spool write", "The spool cannot be written to, what is sent comes twice: " + e);
      }
    }
  }
}
