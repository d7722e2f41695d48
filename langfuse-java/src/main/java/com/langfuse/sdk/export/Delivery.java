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
import java.util.function.UnaryOperator;
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

  /** How often the thread that waits looks for batches that are due for a retry. */
  private static final long RETRY_LOOK = TimeUnit.MILLISECONDS.toNanos(50);

  private static final String CLOSED = "Langfuse was closed before they were delivered";

  private static final String THREAD_FAILED =
      "Observations are lost, their thread failed while sending.";

  private final DeliverySettings settings;
  private final Line line;
  private final Ledger ledger;
  private final Dispatch dispatch;
  private final RetryQueue retries;
  private final MemorySource memory;
  private final @Nullable Spool spool;
  private final Couriers couriers;

  /** Held by the thread that waits for the next batch. */
  private final ReentrantLock turn = new ReentrantLock();

  /**
   * When what waits is sent at the latest; null when an interval has yet to begin. Guarded by
   * {@link #turn}.
   */
  private @Nullable Long sendBy;

  private volatile @Nullable Thread waiting;
  private volatile boolean refusing;

  Delivery(Settings settings, ExportLine exportLine, @Nullable AttributeMask mask, QuietLog log) {
    this.settings = settings.delivery();
    this.line = exportLine.line();
    this.ledger = exportLine.ledger();
    this.dispatch = new Dispatch(exportLine, log);
    this.retries = new RetryQueue(line, dispatch::accepted);
    this.couriers =
        new Couriers(
            this::deliverNext, this::isIdle, this::tidyUp, this::abandon, line.activity(), log);
    OtlpEncoder encoder = new OtlpEncoder(mask);
    this.memory = new MemorySource(this.settings, encoder);
    this.spool = Spool.open(settings, encoder, ledger, log);
    if (spool != null) {
      couriers.hire(); // it may hold what others have left
    }
  }

  void offer(ReadableSpan span) {
    offer(span, UnaryOperator.identity());
  }

  /**
   * Takes an ended span, never blocking.
   *
   * @param amendment applied to the span's data before it is queued; must not throw
   */
  void offer(ReadableSpan span, UnaryOperator<SpanData> amendment) {
    if (refusing) {
      ledger.dropped(1, "An observation ended after its Langfuse client was closed, and is lost.");
      return;
    }
    SpanData ended = amendment.apply(span.toSpanData());
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
    } else if (due() != null || !retries.isEmpty()) {
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
    BackgroundThread.Round next;
    turn.lockInterruptibly();
    try {
      next = awaitNext();
      if (next != null && (due() != null || !retries.isEmpty())) {
        couriers.hire();
      }
    } finally {
      turn.unlock();
    }
    if (next != null) {
      couriers.idleTime().restart();
      try {
        next.go();
      } finally {
        couriers.idleTime().restart();
      }
    }
  }

  private BackgroundThread.Round take(Source source) {
    Source.Parcel parcel = source.take(settings.flushAt(), Dispatch.MOST_BYTES);
    if (parcel == null) {
      // It is counted and not queued yet, or cannot be read now.
      return () -> LockSupport.parkNanos(NEXT_LOOK);
    }
    return () -> deliver(source, parcel);
  }

  private void deliver(Source source, Source.Parcel parcel) throws InterruptedException {
    BatchSend batch = null;
    try {
      OtlpBody body = parcel.body();
      if (Thread.interrupted() && couriers.isDismissed()) { // else a mask of the application's did
        throw new InterruptedException();
      }
      batch = dispatch.begin(body, parcel, source.isLasting());
    } catch (InterruptedException closing) {
      drop(parcel, source.isLasting(), CLOSED + because());
      throw closing;
    } catch (Throwable t) { // whatever happens to one batch, the thread goes on with the next
      fail(parcel, t);
    } finally {
      if (batch == null) {
        release(parcel, source.isLasting());
      }
    }
    if (batch != null) {
      proceed(batch);
    }
  }

  private void retry(BatchSend batch) throws InterruptedException {
    try {
      proceed(batch);
    } finally {
      retries.tried();
    }
  }

  private void proceed(BatchSend batch) throws InterruptedException {
    boolean settled = true;
    try {
      settled = batch.proceed();
    } catch (InterruptedException closing) {
      drop(batch);
      throw closing;
    } catch (Throwable t) {
      fail(batch.parcel(), t);
    } finally {
      if (settled) {
        release(batch.parcel(), batch.isLasting());
      }
    }
    if (!settled) {
      retries.add(batch);
      LockSupport.unpark(waiting);
    }
  }

  private void fail(Source.Parcel parcel, Throwable failure) {
    long lost = parcel.unsettled();
    String reason = "they cannot be sent: " + Outcome.describe(failure);
    ledger.failed(lost, Outcome.NO_ANSWER, reason, () -> parcel.settle(lost));
  }

  /** For closing. */
  private void drop(BatchSend batch) {
    batch.abandon();
    drop(batch.parcel(), batch.isLasting(), CLOSED + because());
  }

  /** A spool keeps what is not settled. */
  private void drop(Source.Parcel parcel, boolean lasting, String reason) {
    long lost = parcel.unsettled();
    if (lost > 0 && !lasting) {
      ledger.dropped(lost, reason, () -> parcel.settle(lost));
    }
  }

  /** Counts what an error on the way has left uncounted. */
  private void release(Source.Parcel parcel, boolean lasting) {
    try {
      drop(parcel, lasting, THREAD_FAILED);
    } finally {
      parcel.close();
    }
  }

  /**
   * A batch that is due for a retry, or a new one; null when there is none in one interval, or none
   * for so long that the thread may end.
   */
  private BackgroundThread.@Nullable Round awaitNext() throws InterruptedException {
    long deadline =
        sendBy == null ? System.nanoTime() + settings.flushInterval().toNanos() : sendBy;
    sendBy = null;
    waiting = Thread.currentThread();
    try {
      while (true) {
        BatchSend retry = retries.takeDue();
        if (retry != null) {
          sendBy = deadline; // retries do not make others wait longer
          return () -> retry(retry);
        }
        boolean asked = BackgroundThread.isAskedToEnd();
        long left = deadline - System.nanoTime();
        Source source = left > 0 && !asked ? due() : anyWaiting();
        if (source != null && retries.admitsNew()) {
          return take(source);
        }
        if (source == null && (left <= 0 || (asked && retries.isEmpty()))) {
          return null;
        }
        boolean idle = isIdle();
        long idleLeft = idle ? couriers.idleTime().left() : Long.MAX_VALUE;
        if (idleLeft <= 0) {
          return null;
        }
        long look = left > 0 ? Math.min(left, RETRY_LOOK) : RETRY_LOOK;
        boolean nothingDue = source == null && retries.isEmpty();
        LockSupport.parkNanos(this, nothingDue ? Math.min(left, idleLeft) : look);
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
            || source.waitingBytes() >= Math.min(MUCH, settings.queueBytes() / 2)
            || source.progress().isHurried());
  }

  private boolean isIdle() {
    return retries.isEmpty() && anyWaiting() == null;
  }

  /** For a time without spans, which may be the rest of the process. */
  private void tidyUp() {
    if (spool != null) {
      spool.deleteIfDone();
    }
  }

  /** Counts what is left, when all threads have ended. */
  private void abandon() {
    for (BatchSend batch : retries.removeAll()) {
      drop(batch);
      batch.parcel().close();
    }
    Source.Parcel left = memory.take(Integer.MAX_VALUE, Long.MAX_VALUE);
    while (left != null) {
      drop(left, false, CLOSED + because());
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
