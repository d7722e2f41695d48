package com.langfuse.sdk;

import java.time.Instant;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Records a result that comes later or in pieces, and ends its observation exactly once, whoever is
 * first to say that it is over. Never throws. Threadsafe.
 */
final class ResultRecorder {

  private final Observation observation;
  private final boolean marksFirstItem;
  private final @Nullable Chunks chunks;
  private final @Nullable Function<Object, ? extends @Nullable Object> output;
  private final Object lock = new Object();

  private boolean begun;
  private boolean ended;
  private @Nullable Runnable whenEnded;

  /**
   * @param marksFirstItem the first piece is the start of a model's completion
   * @param chunks null to keep no pieces
   * @param output what is recorded of a result, must not throw; null to record none
   */
  ResultRecorder(
      Observation observation,
      boolean marksFirstItem,
      @Nullable Chunks chunks,
      @Nullable Function<Object, ? extends @Nullable Object> output) {
    this.observation = observation;
    this.marksFirstItem = marksFirstItem;
    this.chunks = chunks;
    this.output = output;
  }

  /** False where whatever is recorded gets lost: a disabled client, a trace not sampled. */
  static boolean isRecording(Observation observation) {
    return !(observation instanceof OtelObservation ours) || ours.span().isRecording();
  }

  Observation observation() {
    return observation;
  }

  /** The first piece is here, whether or not it is kept. */
  void begin() {
    synchronized (lock) {
      if (!ended) {
        markFirst();
      }
    }
  }

  void usage(@Nullable Usage usage) {
    if (marksFirstItem && observation instanceof Generation generation) {
      generation.usageDetails(usage);
    }
  }

  void accept(@Nullable Object chunk) {
    if (chunk == null) {
      return;
    }
    // The application's code, so outside the lock; and at once, for a buffer may be used again.
    Object kept =
        chunks != null && chunk instanceof CharSequence text ? Chunks.textOf(text) : chunk;
    synchronized (lock) {
      if (ended) {
        return;
      }
      markFirst();
      if (chunks != null) {
        chunks.add(kept);
      }
    }
  }

  private void markFirst() {
    if (!begun && marksFirstItem && observation instanceof Generation generation) {
      generation.completionStartTime(Instant.now());
    }
    begun = true;
  }

  /** The pieces were all. */
  void complete() {
    if (isFirstToEnd()) {
      end(chunks == null ? null : chunks.joined());
    }
  }

  /** The result came whole. */
  void complete(@Nullable Object result) {
    if (isFirstToEnd()) {
      end(result);
    }
  }

  /** What came until then is recorded, too. */
  void fail(@Nullable Throwable thrown) {
    if (isFirstToEnd()) {
      if (thrown == null) {
        observation.level(ObservationLevel.ERROR).statusMessage("failed");
      }
      observation.recordException(thrown);
      end(chunks == null || chunks.isEmpty() ? null : chunks.joined());
    }
  }

  /** Nobody wants the rest. */
  void cancel(String why) {
    fail(new CancellationException(why));
  }

  /** Nobody is left who could want the rest. */
  void abandon() {
    boolean unread;
    synchronized (lock) {
      unread = !begun;
    }
    cancel(unread ? "never read" : "dropped before its end");
  }

  private boolean isFirstToEnd() {
    Runnable ending;
    synchronized (lock) {
      if (ended) {
        return false;
      }
      ended = true;
      ending = whenEnded;
    }
    if (ending != null) {
      ending.run();
    }
    return true;
  }

  /** Runs an action when the observation ends, at once where it has ended; one at most. */
  void whenEnded(Runnable action) {
    synchronized (lock) {
      if (!ended) {
        whenEnded = action;
        return;
      }
    }
    action.run();
  }

  private void end(@Nullable Object result) {
    if (result != null && output != null) {
      observation.output(output.apply(result));
    }
    observation.end();
  }
}
