package com.langfuse.sdk.media;

import com.langfuse.sdk.internal.BackgroundThread;
import com.langfuse.sdk.internal.IdleTime;
import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.line.Backlog;
import com.langfuse.sdk.line.BacklogWait;
import com.langfuse.sdk.line.Ledger;
import com.langfuse.sdk.line.Line;
import com.langfuse.sdk.line.Outcome;
import com.langfuse.sdk.line.Retries;
import com.langfuse.sdk.line.Retries.Retry;
import com.langfuse.sdk.line.SideDoor;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Files that wait for their upload, bounded by bytes, and the thread that does it. The same bytes
 * wait once and are uploaded once; each place that shows them is announced. Threadsafe; nothing
 * blocks but waiting for it.
 */
final class UploadQueue {

  private static final int MOST_REMEMBERED = 10_000;
  private static final int MOST_WAITING = 100_000;
  private static final String FULL = "upload queue full";
  static final String ARRIVED = "";
  static final String CLOSED = "client closed";
  private static final String THREAD_FAILED = "their thread failed while sending";
  private static final String LOST = "upload failed before";

  /** How often the thread looks for files that are due for a retry. */
  private static final long RETRY_LOOK = TimeUnit.MILLISECONDS.toNanos(50);

  /** Of an announcement, without the bytes. */
  private static final int WEIGHT = 500;

  /**
   * @param outcome {@link #ARRIVED}, or what to say of a file that does not arrive
   */
  private record Job(Content content, Place place, CompletableFuture<String> outcome) {
    String key() {
      return content.key() + place.key();
    }
  }

  private final Line line;
  private final UploadRoute route;
  private final Ledger ledger;
  private final QuietLog log;
  private final Backlog<Job> backlog;
  private final Retries<Backlog.Batch<Job>> retries;
  private final Semaphore work = new Semaphore(0);
  private final IdleTime idleTime = new IdleTime();
  private final Object lock = new Object();
  private final Recent<String, Content> contents = new Recent<>(MOST_REMEMBERED);
  private final Recent<String, CompletableFuture<String>> announced = new Recent<>(MOST_REMEMBERED);
  private @Nullable BackgroundThread thread;
  private volatile boolean closed;

  UploadQueue(Line line, Ledger ledger, QuietLog log, long mostBytes) {
    this.line = line;
    this.route = new UploadRoute(line);
    this.ledger = ledger;
    this.log = log;
    this.backlog = new Backlog<>(MOST_WAITING, mostBytes);
    this.retries = new Retries<>(line);
  }

  /**
   * Takes it for that place.
   *
   * @return completes with {@link #ARRIVED}, or with what to say of a file that does not arrive
   */
  CompletableFuture<String> offer(Content found, Place place) {
    Job job;
    String refusal;
    synchronized (lock) {
      Content known = contents.get(found.key());
      Content content = known == null || known.isLost() ? found : known;
      job = new Job(content, place, new CompletableFuture<>());
      CompletableFuture<String> before = closed ? null : announced.get(job.key());
      if (before != null) {
        return before;
      }
      refusal = refusal(content, job, content == known);
      if (refusal == null) {
        contents.put(content.key(), content);
        announced.put(job.key(), job.outcome());
      }
    }
    if (refusal != null) {
      ledger.dropped(1, lost(refusal));
      return CompletableFuture.completedFuture("dropped: " + refusal);
    }
    start();
    work.release();
    return job.outcome();
  }

  private @Nullable String refusal(Content content, Job job, boolean isKnown) {
    if (closed) {
      return CLOSED;
    }
    if (content.isLost()) {
      return LOST;
    }
    long weight = isKnown ? WEIGHT : WEIGHT + content.weight();
    return backlog.offer(job, weight) ? null : FULL;
  }

  private static String lost(String why) {
    return "Media are not uploaded, their bytes are lost: " + why + ".";
  }

  private void start() {
    try {
      synchronized (lock) {
        if (thread == null && !closed) {
          idleTime.restart();
          BackgroundThread starting =
              BackgroundThread.create("langfuse-media", this::work, work::release, line.activity());
          starting.start();
          thread = starting;
        }
      }
    } catch (Throwable noThread) {
      log.warn(
          "media thread", "The media thread cannot be started, the next file tries.", noThread);
    }
  }

  private void work() {
    try {
      BackgroundThread.repeat(this::uploadNext, this::isOver, log);
    } finally {
      synchronized (lock) {
        thread = null; // the next file starts another one
      }
      if (closed) {
        abandon();
      } else if (!isIdle()) {
        start();
        work.release();
      }
    }
  }

  private boolean isOver() {
    boolean mayEnd = BackgroundThread.isAskedToEnd() || idleTime.left() <= 0;
    return closed || (mayEnd && isIdle());
  }

  private boolean isIdle() {
    return backlog.progress().waiting() == 0 && retries.isEmpty();
  }

  private void uploadNext() throws InterruptedException {
    Retry<Backlog.Batch<Job>> due = retries.takeDue(backlog.progress().waiting() > 0);
    if (due != null) {
      send(due);
    } else if (retries.isEmpty()) {
      if (work.tryAcquire(Math.max(0, idleTime.left()), TimeUnit.NANOSECONDS)) {
        sendNew();
      }
    } else if (!retries.admitsNew()) {
      LockSupport.parkNanos(RETRY_LOOK);
    } else if (work.tryAcquire(RETRY_LOOK, TimeUnit.NANOSECONDS)) {
      sendNew();
    }
  }

  private void sendNew() throws InterruptedException {
    Backlog.Batch<Job> batch = backlog.take(1, Long.MAX_VALUE);
    if (batch != null) {
      send(retries.first(batch));
    }
  }

  private void send(Retry<Backlog.Batch<Job>> retry) throws InterruptedException {
    Backlog.Batch<Job> batch = retry.value();
    Job job = batch.values().get(0);
    boolean kept = false;
    try {
      idleTime.restart();
      UploadRoute.Verdict verdict = route.send(job.content(), job.place());
      kept = keep(retry, verdict);
      if (kept) {
        return;
      }
      if (verdict.retried() || retry.tries() > (verdict.passing() == null ? 0 : 1)) {
        ledger.retried(1);
      }
      if (verdict.arrived()) {
        retries.accepted();
        ledger.exported(1, batch::close);
        job.outcome().complete(ARRIVED);
      } else {
        lost(job, verdict.status(), verdict.words(), batch);
      }
      Outcome last = verdict.last();
      if (last != null) {
        line.settled(last);
      }
    } catch (InterruptedException closing) {
      ledger.dropped(1, lost(CLOSED), batch::close);
      job.outcome().complete("dropped: " + CLOSED);
      throw closing;
    } catch (Throwable t) { // whatever happens to one, the thread goes on with the next
      log.warn("media", "A file cannot be uploaded: " + Outcome.describe(t), t);
      String words = "could not be asked (" + t.getClass().getName() + ")";
      lost(job, Outcome.NO_ANSWER, words, batch);
    } finally {
      idleTime.restart();
      if (!kept && batch.unsettled() > 0) {
        ledger.dropped(1, lost(THREAD_FAILED), batch::close);
        job.outcome().complete("upload failed");
      }
    }
  }

  /** Whether it waits for another try, while others go on. */
  private boolean keep(Retry<Backlog.Batch<Job>> retry, UploadRoute.Verdict verdict) {
    Outcome passing = verdict.passing();
    if (passing == null) {
      return false;
    }
    retries.failed(retry);
    return retries.keep(retry, passing);
  }

  /** The next one to show it may bring the bytes again. */
  private void lost(Job job, int status, String words, Backlog.Batch<Job> batch) {
    synchronized (lock) {
      announced.remove(job.key());
      if (job.content().report() == null) {
        job.content().lose();
      }
    }
    String server = "Langfuse at " + line.endpoint().baseUrl() + " ";
    ledger.failed(1, status, server + words, batch::close);
    job.outcome()
        .complete("upload failed" + (status == Outcome.NO_ANSWER ? "" : ": status " + status));
  }

  /** For what is there when the waiting begins: files are found while observations are sent. */
  SideDoor.Wait hurry() {
    return new SideDoor.Wait() {
      private SideDoor.@Nullable Wait begun;

      @Override
      public void await(long nanos) throws InterruptedException {
        SideDoor.Wait wait =
            new BacklogWait(backlog.progress(), line, () -> closed || line.isUploadGivenUp());
        begun = wait;
        wait.await(nanos);
      }

      @Override
      public long pending() {
        return begun == null ? UploadQueue.this.pending() : begun.pending();
      }
    };
  }

  long pending() {
    return backlog.progress().pending();
  }

  void close() {
    BackgroundThread running;
    synchronized (lock) {
      closed = true;
      running = thread;
    }
    if (running != null) {
      running.stopWork();
    }
    abandon();
  }

  /** Counts what is left when nothing is sent any more. */
  private void abandon() {
    retries.removeAll(this::drop);
    Backlog.Batch<Job> left = backlog.take(Integer.MAX_VALUE, Long.MAX_VALUE);
    if (left != null) {
      drop(left);
    }
  }

  private void drop(Backlog.Batch<Job> batch) {
    ledger.dropped(batch.values().size(), lost(CLOSED), batch::close);
    batch.values().forEach(job -> job.outcome().complete("dropped: " + CLOSED));
  }
}
