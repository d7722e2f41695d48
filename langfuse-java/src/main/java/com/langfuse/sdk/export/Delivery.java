package com.langfuse.sdk.export;

import com.langfuse.sdk.internal.DeliverySettings;
import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.internal.Settings;
import com.langfuse.sdk.line.Ledger;
import com.langfuse.sdk.line.Line;
import com.langfuse.sdk.line.Outcome;
import com.langfuse.sdk.line.SideDoor;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The line from an ended span to Langfuse: what waits, in memory or in a spool, and the threads
 * that take batches of it and send them.
 *
 * <p>{@link #offer} never blocks. The first span starts one thread, a backlog up to three more: one
 * at a time waits for the next batch, the others are on the wire with theirs.
 */
final class Delivery implements SideDoor {

  private static final int MOST_THREADS = 4;

  /** Large observations do not wait for hundreds more. */
  private static final long MUCH = 8L * Dispatch.MOST_BYTES;

  /** Threads that are interrupted end at once; one that does not is not waited for. */
  private static final long LAST_PATIENCE = TimeUnit.MILLISECONDS.toNanos(300);

  /** How often a flush looks whether the keys have been refused meanwhile. */
  private static final long GLANCE = TimeUnit.MILLISECONDS.toNanos(20);

  private final DeliverySettings settings;
  private final Line line;
  private final Ledger ledger;
  private final QuietLog log;
  private final Dispatch dispatch;
  private final MemorySource memory;
  private final @Nullable Spool spool;

  /** Held by the thread that waits for the next batch. */
  private final ReentrantLock turn = new ReentrantLock();

  private final List<Thread> threads = new ArrayList<>();
  private volatile int hired;
  private volatile @Nullable Thread waiting;

  /** Of the keys, when somebody was in a hurry last. */
  private volatile long refusalsBefore;

  private volatile boolean refusing;
  private volatile boolean closed;

  Delivery(Settings settings, ExportLine exportLine, @Nullable AttributeMask mask, QuietLog log) {
    this.settings = settings.delivery();
    this.line = exportLine.line();
    this.ledger = exportLine.ledger();
    this.log = log;
    this.dispatch = new Dispatch(settings, exportLine, log);
    OtlpEncoders encoders = new OtlpEncoders(mask);
    this.memory = new MemorySource(this.settings, encoders);
    this.spool = this.settings.spool() == null ? null : Spool.open(settings, encoders, log);
    if (spool != null && spool.hasLeftovers()) {
      hire();
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
      hire();
    } else if (isDue(source)) {
      LockSupport.unpark(idle);
    }
    if (closed) {
      abandonIfAlone(); // it closed meanwhile, and nobody will come
    }
  }

  private String whenFull() {
    return "The queue is full ("
        + memory.progress().pending()
        + " observations, "
        + memory.weight() / 1024
        + " KiB), the newest are lost: is Langfuse reachable?";
  }

  @Override
  public Ledger ledger() {
    return ledger;
  }

  @Override
  public void hurry() {
    refusalsBefore = line.refusals();
    sources().forEach(source -> source.progress().hurry());
    line.hurry();
    Thread idle = waiting;
    if (idle != null) {
      LockSupport.unpark(idle);
    } else if (due() != null) {
      hire();
    }
  }

  /** Also returns when the keys are refused: waiting on would not help. */
  @Override
  public long await(long nanos) throws InterruptedException {
    long deadline = System.nanoTime() + nanos;
    List<Source> sources = sources();
    List<Long> targets = sources.stream().map(source -> source.progress().accepted()).toList();
    while (true) {
      long left = deadline - System.nanoTime();
      long open = 0;
      for (int i = 0; i < sources.size(); i++) {
        open += sources.get(i).progress().await(targets.get(i), Math.min(left, GLANCE));
      }
      if (open == 0 || left <= 0 || line.refusals() > refusalsBefore) {
        return open;
      }
    }
  }

  @Override
  public void refuse() {
    refusing = true;
  }

  /** Interrupts what is under way; a spool keeps it, the memory does not. */
  @Override
  public void close() {
    closed = true;
    List<Thread> running;
    synchronized (threads) {
      running = List.copyOf(threads);
    }
    running.forEach(Thread::interrupt);
    awaitEnd(running);
    abandonIfAlone();
  }

  /** So that all is counted, and the spool free for others, when close returns. */
  private static void awaitEnd(List<Thread> interrupted) {
    long deadline = System.nanoTime() + LAST_PATIENCE;
    for (Thread thread : interrupted) {
      long millis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (millis > 0 && thread != Thread.currentThread()) {
        try {
          thread.join(millis);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return;
        }
      }
    }
  }

  private List<Source> sources() {
    List<Source> sources = new ArrayList<>();
    if (spool != null) {
      sources.addAll(spool.sources());
    }
    sources.add(memory);
    return sources;
  }

  /** Another thread, as long as there are not too many. */
  private void hire() {
    if (hired >= MOST_THREADS) {
      return;
    }
    synchronized (threads) {
      if (closed || threads.size() >= MOST_THREADS) {
        return;
      }
      try {
        // Without the inheritable thread-locals of whichever request came first.
        Thread thread = new Thread(null, this::work, "langfuse-delivery", 0, false);
        thread.setDaemon(true);
        thread.start();
        threads.add(thread);
        hired = threads.size();
      } catch (Throwable noThread) {
        log.warn("thread", "A delivery thread cannot be started, the next span tries.", noThread);
      }
    }
  }

  private void work() {
    try {
      while (!closed) {
        workOnce();
        ledger.tellDropped();
      }
    } catch (InterruptedException closing) {
      log.debug("A delivery thread was stopped.");
    } finally {
      leave();
    }
  }

  private void workOnce() throws InterruptedException {
    Source source;
    Source.Parcel parcel = null;
    turn.lockInterruptibly();
    try {
      source = awaitBatch();
      parcel = source == null ? null : source.take(settings.flushAt(), Dispatch.MOST_BYTES);
      if (parcel != null && due() != null) {
        hire();
      }
    } finally {
      turn.unlock();
    }
    if (source != null && parcel != null) {
      deliver(source, parcel);
    }
  }

  private void deliver(Source source, Source.Parcel parcel) throws InterruptedException {
    try {
      dispatch.send(parcel, source.isLasting());
    } catch (InterruptedException closing) {
      if (!source.isLasting()) {
        ledger.dropped(parcel.unsettled(), "Langfuse was closed before they were delivered.");
      }
      throw closing;
    } catch (Throwable t) { // whatever happens to one batch, the thread goes on with the next
      ledger.failed(parcel.unsettled(), Outcome.NO_ANSWER, "they cannot be sent: " + t);
      parcel.settle(parcel.unsettled());
    } finally {
      parcel.close();
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
        if (left <= 0) {
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
    if (spool != null) {
      spool.lookForLeftovers();
    }
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

  private void leave() {
    synchronized (threads) {
      threads.remove(Thread.currentThread());
      hired = threads.size();
    }
    if (closed) {
      abandonIfAlone();
    }
  }

  private void abandonIfAlone() {
    synchronized (threads) {
      if (threads.isEmpty()) {
        abandon();
      }
    }
  }

  /** Nobody will come for what is left. */
  private void abandon() {
    while (true) {
      Source.Parcel left = memory.take(Integer.MAX_VALUE, Long.MAX_VALUE);
      if (left == null) {
        break;
      }
      ledger.dropped(left.unsettled(), "Langfuse was closed before they were delivered.");
      left.close();
    }
    ledger.tellDropped();
    if (spool != null) {
      spool.close();
    }
  }
}
