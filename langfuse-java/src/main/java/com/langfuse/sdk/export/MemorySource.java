package com.langfuse.sdk.export;

import com.langfuse.sdk.internal.DeliverySettings;
import com.langfuse.sdk.line.Backlog;
import com.langfuse.sdk.line.Progress;
import io.opentelemetry.sdk.trace.data.SpanData;
import org.jspecify.annotations.Nullable;

/** Spans that wait in memory, and are lost with it. */
final class MemorySource implements Source {

  private final Backlog<SpanData> backlog;
  private final OtlpEncoder encoder;

  MemorySource(DeliverySettings settings, OtlpEncoder encoder) {
    this.backlog = new Backlog<>(settings.queueCapacity(), settings.queueBytes());
    this.encoder = encoder;
  }

  /** False when there is no room. */
  boolean offer(SpanData span) {
    return backlog.offer(span, SpanWeight.of(span));
  }

  @Override
  public Progress progress() {
    return backlog.progress();
  }

  /** About how much waits or is under way, in bytes. */
  long weight() {
    return backlog.weight();
  }

  @Override
  public long waitingBytes() {
    return backlog.waitingWeight();
  }

  @Override
  public boolean isLasting() {
    return false;
  }

  @Override
  public @Nullable Parcel take(int most, long mostBytes) {
    Backlog.Batch<SpanData> batch = backlog.take(most, mostBytes);
    return batch == null ? null : new Spans(batch);
  }

  private final class Spans implements Parcel {
    private final Backlog.Batch<SpanData> batch;

    Spans(Backlog.Batch<SpanData> batch) {
      this.batch = batch;
    }

    @Override
    public OtlpBody body() {
      OtlpBody body = encoder.encode(batch.values());
      batch.releaseValues(); // else they would be in memory twice for as long as retries take
      return body;
    }

    @Override
    public void settle(long spans) {
      batch.settle(spans);
    }

    @Override
    public long unsettled() {
      return batch.unsettled();
    }

    @Override
    public void close() {
      batch.close();
    }
  }
}
