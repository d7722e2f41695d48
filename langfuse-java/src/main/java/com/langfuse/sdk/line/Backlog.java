package com.langfuse.sdk.line;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What waits in memory, bounded by count and by weight; what is under way counts until it is
 * settled. Offering never blocks. Threadsafe.
 */
public final class Backlog<T> {

  private record Item<T>(T value, long weight) {}

  private final long mostItems;
  private final long mostWeight;
  private final Queue<Item<T>> queue = new ConcurrentLinkedQueue<>();
  private final Progress progress = new Progress();
  private final AtomicLong weight = new AtomicLong();
  private final AtomicLong waitingWeight = new AtomicLong();

  /**
   * @param mostWeight in bytes, as the caller weighs
   */
  public Backlog(long mostItems, long mostWeight) {
    this.mostItems = mostItems;
    this.mostWeight = mostWeight;
  }

  /**
   * False when it is full. One that is heavier than all may be together gets in when nothing else
   * is.
   */
  public boolean offer(T value, long itsWeight) {
    long together = weight.addAndGet(itsWeight);
    boolean tooHeavy = together > mostWeight && together > itsWeight;
    if (tooHeavy || progress.pending() >= mostItems) {
      weight.addAndGet(-itsWeight);
      return false;
    }
    progress.accepted(1);
    waitingWeight.addAndGet(itsWeight);
    queue.add(new Item<>(value, itsWeight));
    return true;
  }

  /** The oldest ones, at least one if there is one; null when nothing waits. */
  public synchronized @Nullable Batch<T> take(int most, long mostWeightOfBatch) {
    List<T> values = new ArrayList<>();
    long batchWeight = 0;
    Item<T> next = queue.peek();
    while (next != null
        && values.size() < most
        && (values.isEmpty() || batchWeight + next.weight() <= mostWeightOfBatch)) {
      queue.remove();
      values.add(next.value());
      batchWeight += next.weight();
      next = queue.peek();
    }
    waitingWeight.addAndGet(-batchWeight);
    return values.isEmpty() ? null : new Batch<>(this, values, batchWeight);
  }

  public Progress progress() {
    return progress;
  }

  /** Of all that is waiting or under way, in bytes. */
  public long weight() {
    return weight.get();
  }

  /** Of what is waiting, in bytes. */
  public long waitingWeight() {
    return waitingWeight.get();
  }

  /** Some of the backlog, in the hands of one thread, which settles it. */
  public static final class Batch<T> {
    private final Backlog<T> backlog;
    private final Progress.Share share;
    private List<T> values;
    private long weight;

    private Batch(Backlog<T> backlog, List<T> values, long weight) {
      this.backlog = backlog;
      this.values = values;
      this.weight = weight;
      this.share = backlog.progress.take(values.size());
    }

    public List<T> values() {
      return values;
    }

    /** Lets the values be collected; they count until they are settled. */
    public void releaseValues() {
      values = List.of();
    }

    /** So many have arrived or are lost; their part of the weight is free again. */
    public void settle(long settled) {
      share.settle(settled);
      free(weight - weight * share.open() / Math.max(1, share.open() + settled));
    }

    public long unsettled() {
      return share.open();
    }

    /** Lets go of it, settled or not. */
    public void close() {
      free(weight);
      share.settle(share.open());
    }

    private void free(long freed) {
      backlog.weight.addAndGet(-freed);
      weight -= freed;
    }
  }
}
