package com.langfuse.sdk.export;

import com.langfuse.sdk.line.Line;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Batches that failed for a reason that may lie in them, and wait for their next try without a
 * thread. Whatever happens to them, one delivery thread is left for other batches. Threadsafe.
 */
final class RetryQueue {

  private static final int MAX_RUNNING = Couriers.MOST - 1;

  /** What is encoded and waits. */
  private static final long MAX_BYTES = 8L * Dispatch.MOST_BYTES;

  private final Line line;
  private final LongSupplier accepted;
  private final TreeMap<Long, BatchSend> waiting = new TreeMap<>();
  private int running;
  private long acceptedBefore;
  private int newFailures;
  private long newBatchSince = System.nanoTime();
  private Duration newBatchPause = Duration.ZERO;

  /**
   * @param accepted requests that the server has accepted since the start
   */
  RetryQueue(Line line, LongSupplier accepted) {
    this.line = line;
    this.accepted = accepted;
  }

  /** Keeps a batch until it is due. */
  synchronized void add(BatchSend batch) {
    waiting.put(batch.number(), batch);
    acceptedBefore = accepted.getAsLong();
    if (batch.isNew()) {
      newFailures++;
      pauseNewBatches();
    }
  }

  /** The oldest batch that is due; null when there is none or enough threads retry. */
  synchronized @Nullable BatchSend takeDue() {
    int doubtful = MAX_RUNNING - running;
    if (doubtful <= 0) {
      return null;
    }
    for (BatchSend batch : waiting.values()) {
      // While the server may be down, the oldest ones are enough to find out.
      if ((!batch.isDoubtful() || doubtful-- > 0) && batch.isDue()) {
        waiting.remove(batch.number());
        running++;
        return batch;
      }
    }
    return null;
  }

  /** Called when a batch that was due has been tried. */
  synchronized void tried() {
    running--;
  }

  /**
   * Whether another batch may be begun. While several wait and none passes the server may be down:
   * then one is begun from time to time.
   */
  synchronized boolean admitsNew() {
    if (accepted.getAsLong() > acceptedBefore) {
      newFailures = 0;
      return bytes() < MAX_BYTES;
    }
    long doubtful = running + waiting.values().stream().filter(BatchSend::isDoubtful).count();
    if (doubtful < MAX_RUNNING) {
      return true;
    }
    if (bytes() >= MAX_BYTES || !line.isPauseOver(newBatchSince, newBatchPause)) {
      return false;
    }
    pauseNewBatches();
    return true;
  }

  private void pauseNewBatches() {
    newBatchSince = System.nanoTime();
    newBatchPause = line.pauseAfter(Math.max(1, newFailures));
  }

  private long bytes() {
    return waiting.values().stream().mapToLong(BatchSend::bytes).sum();
  }

  synchronized boolean isEmpty() {
    return waiting.isEmpty();
  }

  /** Hands over all that waits, for closing. */
  synchronized List<BatchSend> removeAll() {
    List<BatchSend> all = new ArrayList<>(waiting.values());
    waiting.clear();
    return all;
  }
}
