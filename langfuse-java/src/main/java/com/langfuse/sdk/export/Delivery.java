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
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
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
  private static final int CAPACITY = 65_536;

  private final Settings settings;
  private final LangfuseEndpoint endpoint;
  private final QuietLog log;
  private final OtlpEncoder encoder = new OtlpEncoder();

  private final Queue<ReadableSpan> queue = new ConcurrentLinkedQueue<>();

  /** Queued or on the wire: what the capacity bounds. */
  private final AtomicInteger pending = new AtomicInteger();

  /** Counted before a span is queued, so that a flush waits for all that was offered before it. */
  private final AtomicLong accepted = new AtomicLong();

  private final AtomicLong exported = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();

  /** The worker sends at once until this many are settled. */
  private final AtomicLong wanted = new AtomicLong();

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition settled = lock.newCondition();
  private FlushReport reported = FlushReport.EMPTY;

  private volatile @Nullable Thread worker;
  private volatile boolean waiting;
  private volatile boolean closed;

  Delivery(Settings settings, LangfuseEndpoint endpoint, QuietLog log) {
    this.settings = settings;
    this.endpoint = endpoint;
    this.log = log;
  }

  void offer(ReadableSpan span) {
    int now = pending.incrementAndGet();
    if (closed || now > CAPACITY) {
      pending.decrementAndGet();
      dropped.incrementAndGet();
      log.warn(
          "dropped",
          closed
              ? "An observation ended after its Langfuse client was closed and is lost."
              : "The queue of "
                  + CAPACITY
                  + " observations is full, the newest are dropped: is "
                  + endpoint.baseUrl()
                  + " reachable?");
      return;
    }
    accepted.incrementAndGet();
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
    long target = accepted.get();
    wanted.accumulateAndGet(target, Math::max);
    LockSupport.unpark(worker);
    lock.lock();
    try {
      long left = timeout.toNanos();
      while (settledCount() < target && left > 0) {
        left = settled.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the report says what is still pending
    } finally {
      lock.unlock();
    }
    return report();
  }

  /** Flushes, then stops the worker. What is still pending is lost, and the log says how many. */
  FlushReport close(Duration timeout) {
    closed = true;
    FlushReport report = flush(timeout);
    Thread running = worker;
    if (running != null) {
      running.interrupt();
    }
    if (!report.isComplete()) {
      log.warn("closed", "Langfuse closed with observations not delivered: " + report);
    }
    return report;
  }

  private FlushReport report() {
    lock.lock();
    try {
      FlushReport before = reported;
      reported = new FlushReport(exported.get(), failed.get(), dropped.get(), 0);
      return new FlushReport(
          reported.exported() - before.exported(),
          reported.failed() - before.failed(),
          reported.dropped() - before.dropped(),
          accepted.get() - reported.exported() - reported.failed());
    } finally {
      lock.unlock();
    }
  }

  private long settledCount() {
    return exported.get() + failed.get();
  }

  private void start() {
    lock.lock();
    try {
      if (worker == null) {
        Thread thread = new Thread(this::work, "langfuse-delivery");
        thread.setDaemon(true);
        worker = thread;
        thread.start();
      }
    } finally {
      lock.unlock();
    }
  }

  private void work() {
    try {
      while (true) {
        awaitBatch();
        List<SpanData> batch = nextBatch();
        if (!batch.isEmpty()) {
          deliver(batch);
        } else if (closed) {
          return;
        }
      }
    } catch (InterruptedException closing) {
      log.debug("The delivery thread was stopped with " + pending + " observations pending.");
    }
  }

  private void awaitBatch() throws InterruptedException {
    long patience = settings.flushInterval().toNanos();
    long deadline = System.nanoTime() + patience;
    waiting = true;
    while (pending.get() < settings.flushAt() && settledCount() >= wanted.get() && !closed) {
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

  private List<SpanData> nextBatch() {
    List<SpanData> batch = new ArrayList<>();
    ReadableSpan span;
    while (batch.size() < settings.flushAt() && (span = queue.poll()) != null) {
      batch.add(span.toSpanData());
    }
    return batch;
  }

  private void deliver(List<SpanData> batch) throws InterruptedException {
    boolean arrived = false;
    try {
      arrived = send(batch);
    } catch (IOException | RuntimeException e) {
      log.warn("encode batch", batch.size() + " observations could not be encoded.", e);
    } finally {
      (arrived ? exported : failed).addAndGet(batch.size());
      pending.addAndGet(-batch.size());
      lock.lock();
      try {
        settled.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  private boolean send(List<SpanData> batch) throws IOException, InterruptedException {
    byte[] body = encoder.encode(batch);
    for (int attempt = 1; ; attempt++) {
      Optional<String> retryAfter = Optional.empty();
      String problem;
      try {
        Answer answer = endpoint.post(OtlpEncoder.PATH, OtlpEncoder.CONTENT_TYPE, body);
        if (answer.isSuccess()) {
          log.debug("Delivered " + batch.size() + " observations in attempt " + attempt + ".");
          return true;
        }
        if (answer.refusesKeys()) {
          warnOfKeys(answer, batch.size());
          return false;
        }
        problem = "answered " + answer.status() + ": " + answer.excerpt();
        if (!answer.isWorthARetry()) {
          attempt = Backoff.MAX_ATTEMPTS;
        }
        retryAfter = answer.retryAfter();
      } catch (IOException e) {
        problem = "could not be reached (" + e + ")";
      }
      if (attempt >= Backoff.MAX_ATTEMPTS) {
        log.warn(
            "not delivered",
            batch.size()
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
