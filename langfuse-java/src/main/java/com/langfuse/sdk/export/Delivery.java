package com.langfuse.sdk.export;

import com.langfuse.sdk.internal.BackgroundThread;
import com.langfuse.sdk.internal.DeliverySettings;
import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.internal.Settings;
import com.langfuse.sdk.line.BacklogWait;
import com.langfuse.sdk.line.Ledger;
import com.langfuse.sdk.line.Line;
import com.langfuse.sdk.line.Outcome;
import com.langfuse.sdk.line.SideDoor;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The line from an ended span to Langfuse: what waits, in memory or in a spool, and the threads
 * that take batches of it and send them.
 *
 * <p>{@link #offer} never blocks. One thread at a time waits for the next batch, up to three others
 * are on the wire with theirs; a thread is started when there is none to wait.
 */
final class Delivery implements SideDoor {

  /** Large observations do not wait for hundreds more. */
  private static final long MUCH = 8L * Dispatch.MOST_BYTES;

  private static final long NEXT_LOOK = TimeUnit.MILLISECONDS.toNanos(1);

  private static final String CLOSED = "Langfuse was closed before they were delivered";

  private static final String THREAD_FAILED =
      "Observations are lost, their thread failed while sending.";

  private final DeliverySettings settings;
  private final Line line;
  private final Ledger ledger;
  private final Dispatch dispatch;
  private final MemorySource memory;
  private final @Nullable Spool spool;
  private final Couriers couriers;

  /** Held by the thread that waits for the next batch. */
  private final ReentrantLock turn = new ReentrantLock();

  private volatile @Nullable Thread waiting;
  private volatile boolean refusing;

  Delivery(Settings settings, ExportLine exportLine, @Nullable AttributeMask mask, QuietLog log) {
    this.settings = settings.delivery();
    this.line = exportLine.line();
    this.ledger = exportLine.ledger();
    this.dispatch = new Dispatch(exportLine, log);
    this.couriers = new Couriers(this::deliverNext, () -> anyWaiting() == null, this::abandon, log);
    OtlpEncoders encoders = new OtlpEncoders(mask);
    this.memory = new MemorySource(this.settings, encoders);
    this.spool = Spool.open(settings, encoders, ledger, log);
    if (spool != null) {
      couriers.hire(); // it may hold what others have left
    }
  }

  void offer(ReadableSpan span) {
    if (refusing) {
      ledger.dropped(1, "An observation ended after its Langfuse client was closed, and is lost.");
      return;
    }
    SpanData ended = span.toSpanData();
    Source source;
    if (spool != null && spool.offer(ended)) {
      source = spool.own();
    } else if (memory.offer(ended)) {
      source = memory;
    } else {
      ledger.dropped(1, whenFull());
      return;
    }
    Thread idle = waiting;
    if (idle == null) {
      couriers.hire();
    } else if (isDue(source)) {
      LockSupport.unpark(idle);
    }
    if (couriers.isDismissed() && couriers.haveLeft()) {
      abandon(); // it closed meanwhile, and nobody will come
    }
  }

  private String whenFull() {
    return "The queue is full ("
        + memory.progress().pending()
        + " observations, "
        + memory.weight() / 1024
        + " KiB), the newest are lost"
        + because();
  }

  private String because() {
    String problem = line.problem();
    return problem == null ? "." : ": " + problem;
  }

  @Override
  public Ledger ledger() {
    return ledger;
  }

  @Override
  public Wait hurry() {
    Wait wait = new SourcesWait();
    Thread idle = waiting;
    if (idle != null) {
      LockSupport.unpark(idle);
    } else if (due() != null) {
      couriers.hire();
    }
    return wait;
  }

  @Override
  public long pending() {
    return sources().stream().mapToLong(source -> source.progress().pending()).sum();
  }

  @Override
  public void refuse() {
    refusing = true;
  }

  /** Interrupts what is under way; a spool keeps it, the memory does not. */
  @Override
  public void close() {
    refusing = true;
    couriers.dismiss();
  }

  private List<Source> sources() {
    List<Source> sources = new ArrayList<>();
    if (spool != null) {
      sources.addAll(spool.sources());
    }
    sources.add(memory);
    return sources;
  }

  /** What a courier does: waits for its turn, takes a batch and sends it. */
  private void deliverNext() throws InterruptedException {
    if (spool != null) {
      spool.lookForLeftovers();
    }
    Source source;
    Source.Parcel parcel = null;
    turn.lockInterruptibly();
    try {
      source = awaitBatch();
      parcel = source == null ? null : source.take(settings.flushAt(), Dispatch.MOST_BYTES);
      if (parcel != null && due() != null) {
        couriers.hire();
      }
    } finally {
      turn.unlock();
    }
    if (source != null && parcel != null) {
      deliver(source, parcel);
    } else if (source != null) {
      LockSupport.parkNanos(NEXT_LOOK); // it is counted and not queued yet, or cannot be read now
    }
  }

  private void deliver(Source source, Source.Parcel parcel) throws InterruptedException {
    try {
      OtlpBody body = parcel.body();
      if (Thread.interrupted() && couriers.isDismissed()) { // else a mask of the application's did
        throw new InterruptedException();
      }
      dispatch.send(body, parcel, source.isLasting());
    } catch (InterruptedException closing) {
      drop(source, parcel, CLOSED + because());
      throw closing;
    } catch (Throwable t) { // whatever happens to one batch, the thread goes on with the next
      long lost = parcel.unsettled();
      ledger.failed(
          lost, Outcome.NO_ANSWER, "they cannot be sent: " + Outcome.describe(t), () -> parcel.settle(lost));
    } finally {
      drop(source, parcel, THREAD_FAILED);
      parcel.close();
    }
  }

  /** A spool keeps what is not settled. */
  private void drop(Source source, Source.Parcel parcel, String reason) {
    long lost = parcel.unsettled();
    if (lost > 0 && !source.isLasting()) {
      ledger.dropped(lost, reason, () -> parcel.settle(lost));
    }
  }

  /** Where the next batch is; null when there is none to be had in one interval. */
  private @Nullable Source awaitBatch() throws InterruptedException {
    long deadline = System.nanoTime() + settings.flushInterval().toNanos();
    waiting = Thread.currentThread();
    try {
      while (true) {
        Source due = due();
        if (due != null) {
          return due;
        }
        long left = deadline - System.nanoTime();
        if (left <= 0 || BackgroundThread.isAskedToEnd()) {
          return anyWaiting();
        }
        LockSupport.parkNanos(this, left);
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
      }
    } finally {
      waiting = null;
    }
  }

  private @Nullable Source due() {
    return sources().stream().filter(this::isDue).findFirst().orElse(null);
  }

  private @Nullable Source anyWaiting() {
    return sources().stream()
        .filter(source -> source.progress().waiting() > 0)
        .findFirst()
        .orElse(null);
  }

  private boolean isDue(Source source) {
    long count = source.progress().waiting();
    return count > 0
        && (settings.immediate()
            || count >= Math.min(settings.flushAt(), settings.queueCapacity())
            || source.weight() >= Math.min(MUCH, settings.queueBytes() / 2)
            || source.progress().isHurried());
  }

  /** Nobody will come for what is left. */
  private void abandon() {
    Source.Parcel left = memory.take(Integer.MAX_VALUE, Long.MAX_VALUE);
    while (left != null) {
      drop(memory, left, CLOSED + because());
      left.close();
      left = memory.take(Integer.MAX_VALUE, Long.MAX_VALUE);
    }
    if (spool != null) {
      spool.close();
    }
  }

  /** For all sources, also those that a spool has yet to find. */
  private final class SourcesWait implements Wait {
    private final Map<Source, Wait> waits = new LinkedHashMap<>();

    SourcesWait() {
      lookAround();
    }

    private void lookAround() {
      for (Source source : sources()) {
        waits.computeIfAbsent(source, s -> new BacklogWait(s.progress(), line, couriers::haveLeft));
      }
    }

    @Override
    public void await(long nanos) throws InterruptedException {
      long deadline = System.nanoTime() + nanos;
      if (spool != null && !couriers.haveLeft()) {
        spool.awaitFirstLook(nanos);
        lookAround();
        LockSupport.unpark(waiting);
      }
      for (Wait wait : waits.values()) {
        wait.await(deadline - System.nanoTime());
      }
    }

    @Override
    public long pending() {
      return waits.values().stream().mapToLong(Wait::pending).sum();
    }
  }
}
