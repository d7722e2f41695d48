package com.langfuse.sdk.export;

import com.langfuse.sdk.export.LangfuseEndpoint.Answer;
import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.internal.Settings;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The line from an ended span to Langfuse: a bounded queue, one worker, batches, retries, and a
 * number for everything that happens.
 *
 * <p>{@link #offer} never blocks: a full queue drops the newest and counts it. The worker is a
 * daemon, started by the first span.
 */
final class Delivery {

  /** About 200 MB of ordinary observations; a burst has room, a dead endpoint has an end. */
  static final int CAPACITY = 65_536;

  private static final String DROPPED_AFTER_CLOSE =
      "An observation ended after its Langfuse client was closed, and is lost.";

  private static final String DROPPED_WHEN_FULL =
      "The queue of "
          + CAPACITY
          + " observations is full, the newest are lost: is Langfuse reachable?";

  private final Settings settings;
  private final LangfuseEndpoint endpoint;
  private final @Nullable AttributeMask mask;
  private final QuietLog log;
  private final OtlpEncoder encoder = new OtlpEncoder();
  private final DeliveryCounters counters = new DeliveryCounters();

  private final Queue<ReadableSpan> queue = new ConcurrentLinkedQueue<>();

  /** Queued or on the wire, or about to be: what the capacity bounds and the worker waits for. */
  private final AtomicInteger pending = new AtomicInteger();

  /** The worker sends at once until this many are settled. */
  private final AtomicLong wanted = new AtomicLong();

  private volatile @Nullable Thread worker;
  private volatile boolean waiting;
  private volatile boolean closed;

  Delivery(
      Settings settings, LangfuseEndpoint endpoint, @Nullable AttributeMask mask, QuietLog log) {
    this.settings = settings;
    this.endpoint = endpoint;
    this.mask = mask;
    this.log = log;
  }

  void offer(ReadableSpan span) {
    int now = pending.incrementAndGet(); // before the look at closed: a worker waits for it
    if (closed || now > CAPACITY) {
      pending.decrementAndGet();
      counters.dropped(1);
      log.warn("dropped", closed ? DROPPED_AFTER_CLOSE : DROPPED_WHEN_FULL);
      return;
    }
    counters.accepted();
    queue.add(span);
    Thread running = worker;
    if (running == null) {
      start();
    } else if (waiting && now >= settings.flushAt()) {
      LockSupport.unpark(running);
    }
  }

  /** Sends what was offered so far and reports, at the deadline at the latest. */
  FlushReport flush(Duration timeout) {
    long target = sendAtOnce();
    try {
      counters.awaitSettled(target, nanos(timeout));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the report says what is still pending
    }
    return counters.report(target);
  }

  /**
   * Flushes, then stops the worker; what it leaves behind is counted as dropped. Waits even on a
   * thread that is interrupted: that is how many a program ends, and its last trace matters.
   */
  FlushReport close(Duration timeout) {
    closed = true;
    long target = sendAtOnce();
    long deadline = System.nanoTime() + nanos(timeout);
    boolean interrupted = Thread.interrupted();
    while (true) {
      try {
        counters.awaitSettled(target, deadline - System.nanoTime());
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    FlushReport report = counters.report(target);
    Thread running = worker;
    if (running != null) {
      running.interrupt();
    }
    if (!report.isComplete()) {
      log.warn("closed", "Langfuse was closed with observations not delivered: " + report);
    }
    return report;
  }

  private long sendAtOnce() {
    long target = counters.acceptedSoFar();
    wanted.accumulateAndGet(target, Math::max);
    LockSupport.unpark(worker);
    return target;
  }

  private static long nanos(Duration duration) {
    Duration longest = Duration.ofDays(365);
    return (duration.compareTo(longest) < 0 ? duration : longest).toNanos();
  }

  private synchronized void start() {
    if (worker != null) {
      return;
    }
    try {
      // Without the inheritable thread-locals of whichever request came first.
      Thread thread = new Thread(null, this::work, "langfuse-delivery", 0, false);
      thread.setDaemon(true);
      thread.start();
      worker = thread;
    } catch (Throwable noThread) {
      log.warn("worker", "The delivery thread cannot be started, the next span tries.", noThread);
    }
  }

  private void work() {
    try {
      while (!closed || pending.get() > 0) {
        awaitBatch();
        deliver(nextBatch());
      }
    } catch (InterruptedException closing) {
      log.debug("The delivery thread was stopped.");
    } finally {
      abandon();
      endpoint.close();
    }
  }

  private void awaitBatch() throws InterruptedException {
    long patience = settings.flushInterval().toNanos();
    long deadline = System.nanoTime() + patience;
    waiting = true;
    while (pending.get() < settings.flushAt()
        && counters.settledSoFar() >= wanted.get()
        && !closed) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        break;
      }
      LockSupport.parkNanos(this, left);
    }
    waiting = false;
  }

  private List<ReadableSpan> nextBatch() {
    List<ReadableSpan> batch = new ArrayList<>();
    ReadableSpan span;
    while (batch.size() < settings.flushAt() && (span = queue.poll()) != null) {
      batch.add(span);
    }
    return batch;
  }

  private void deliver(List<ReadableSpan> batch) throws InterruptedException {
    if (batch.isEmpty()) {
      Thread.onSpinWait(); // one is counted but not queued yet
      return;
    }
    boolean arrived = false;
    try {
      arrived = send(encoder.encode(batch.stream().map(this::leaving).toList()), batch.size());
    } catch (InterruptedException closing) {
      throw closing;
    } catch (Throwable t) { // whatever happens to one batch, the worker goes on with the next
      log.warn("batch", batch.size() + " observations are lost, they cannot be sent: " + t, t);
    } finally {
      pending.addAndGet(-batch.size());
      counters.settled(batch.size(), arrived);
    }
  }

  private SpanData leaving(ReadableSpan span) {
    return mask == null ? span.toSpanData() : new MaskedSpan(span.toSpanData(), mask);
  }

  /** Nobody will come for what is left in the queue. */
  private void abandon() {
    int left = 0;
    while (queue.poll() != null) {
      left++;
    }
    pending.addAndGet(-left);
    counters.abandoned(left);
  }

  private boolean send(byte[] body, int observations) throws InterruptedException {
    for (int attempt = 1; ; attempt++) {
      Optional<String> retryAfter = Optional.empty();
      String problem;
      boolean last = attempt >= Backoff.MAX_ATTEMPTS;
      try {
        Answer answer = endpoint.post(settings.tracesPath(), OtlpEncoder.CONTENT_TYPE, body);
        if (answer.isSuccess()) {
          log.debug("Delivered " + observations + " observations in attempt " + attempt + ".");
          return true;
        }
        if (answer.refusesKeys()) {
          warnOfKeys(answer, observations);
          return false;
        }
        problem = "answered " + answer.status() + ": " + answer.excerpt();
        last |= !answer.isWorthARetry();
        retryAfter = answer.retryAfter();
      } catch (IOException e) {
        problem = "could not be reached (" + e + ")";
      }
      if (last) {
        log.warn(
            "not delivered",
            observations
                + " observations are lost: Langfuse at "
                + endpoint.baseUrl()
                + " "
                + problem);
        return false;
      }
      TimeUnit.NANOSECONDS.sleep(Backoff.beforeAttempt(attempt + 1, retryAfter).toNanos());
    }
  }

  private void warnOfKeys(Answer answer, int observations) {
    log.warn(
        "keys",
        "Langfuse at "
            + endpoint.baseUrl()
            + " refuses the keys ("
            + answer.status()
            + "), "
            + observations
            + " observations are lost: check "
            + Settings.KEY_NAMES
            + ", and that "
            + Settings.BASE_URL_NAME
            + " is the server these keys belong to.");
  }
}
