package com.langfuse.sdk.score;

import com.langfuse.sdk.internal.BackgroundThread;
import com.langfuse.sdk.internal.IdleTime;
import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.line.Backlog;
import com.langfuse.sdk.line.BacklogWait;
import com.langfuse.sdk.line.Ledger;
import com.langfuse.sdk.line.Line;
import com.langfuse.sdk.line.Outcome;
import com.langfuse.sdk.line.Progress;
import com.langfuse.sdk.line.Retries;
import com.langfuse.sdk.line.Retries.Retry;
import com.langfuse.sdk.line.SideDoor;
import com.langfuse.sdk.score.ScoreSender.Part;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Scores that wait, and the daemon that sends them: when there are some, when one has waited for a
 * second, or when somebody is in a hurry. It ends when there has been none for some seconds.
 * Threadsafe.
 */
final class ScoreQueue {

  private static final int MOST_SCORES = 100_000;
  private static final long MOST_BYTES = 16 << 20;
  private static final int BATCH_SCORES = 100;

  /** The server takes 4.5 MB. */
  private static final long BATCH_BYTES = 2_500_000;

  private static final int ENOUGH = 10;
  private static final long LONGEST_WAIT = TimeUnit.SECONDS.toNanos(1);

  /** How often the worker looks for scores that are due for a retry. */
  private static final long RETRY_LOOK = TimeUnit.MILLISECONDS.toNanos(50);

  /** A thread that is interrupted ends at once; if it does not, it is not waited for. */
  private static final long LAST_PATIENCE_MILLIS = 150;

  private static final String LATE =
      "A score was given after its Langfuse client was closed, and is lost.";
  private static final String LEFT = "Langfuse was closed before all scores were delivered";
  private static final String UNCOUNTED = "Scores are lost, their thread failed while sending.";
  private static final String FULL = "Too many scores wait to be sent, the newest are lost";

  /** What the worker is at: who adds a score knows by it whether to wake it up. */
  private enum Work {
    IDLE,
    COLLECTING,
    SENDING
  }

  private final Line line;
  private final ScoreSender sender;
  private final Retries<Part> retries;
  private final Ledger ledger;
  private final QuietLog log;
  private final Backlog<ScoreEvent> backlog = new Backlog<>(MOST_SCORES, MOST_BYTES);
  private final Progress progress = backlog.progress();
  private final IdleTime idleTime = new IdleTime();

  private volatile @Nullable BackgroundThread worker;
  private volatile Work work = Work.SENDING;
  private volatile boolean refusing;
  private volatile boolean closed;

  ScoreQueue(Line line, Ledger ledger, QuietLog log) {
    this.line = line;
    this.sender = new ScoreSender(line, ledger, log);
    this.retries = sender.retries();
    this.ledger = ledger;
    this.log = log;
  }

  /** Never blocks; what there is no room for is counted. */
  void offer(ScoreEvent event) {
    if (refusing) {
      ledger.dropped(1, LATE);
    } else if (!backlog.offer(event, event.weight())) {
      ledger.dropped(1, FULL + because());
    } else if (closed) {
      abandon(); // it came in while the worker left
    } else if (worker == null || work == Work.IDLE || (work == Work.COLLECTING && isDue())) {
      wakeUp();
    }
  }

  /** Starts the worker, if there is none. */
  private void wakeUp() {
    Thread running = worker;
    if (running == null) {
      start();
    } else {
      LockSupport.unpark(running);
    }
  }

  SideDoor.Wait hurry() {
    SideDoor.Wait wait = new BacklogWait(progress, line, () -> closed);
    if (!isIdle()) {
      wakeUp();
    }
    return wait;
  }

  long pending() {
    return progress.pending();
  }

  void refuse() {
    refusing = true;
  }

  /** Waits a moment for the worker, so that all is counted then. */
  void close() {
    closed = true;
    BackgroundThread running = worker;
    if (running != null && running != Thread.currentThread()) {
      running.stopWork();
      try {
        running.join(LAST_PATIENCE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    abandon();
  }

  private synchronized void start() {
    if (worker != null || closed) {
      return;
    }
    try {
      idleTime.restart();
      BackgroundThread thread =
          BackgroundThread.create("langfuse-scores", this::run, () -> {}, line.activity());
      worker = thread;
      thread.start();
    } catch (Throwable noThread) {
      worker = null;
      log.warn(
          "score thread", "The thread for scores cannot be started, the next tries.", noThread);
    }
  }

  private void run() {
    try {
      BackgroundThread.repeat(this::deliverNext, this::isOver, log);
    } finally {
      if (closed) {
        abandon();
      } else {
        worker = null; // the next score starts another one
        if (!isIdle()) {
          start();
        }
      }
    }
  }

  private boolean isOver() {
    boolean mayEnd = BackgroundThread.isAskedToEnd() || idleTime.left() <= 0;
    return closed || (mayEnd && isIdle());
  }

  private boolean isIdle() {
    return progress.waiting() == 0 && retries.isEmpty();
  }

  private void deliverNext() throws InterruptedException {
    Retry<Part> retry = awaitBatch();
    if (retry != null) {
      deliver(retry.value().batch(), () -> sender.send(retry));
      return;
    }
    Backlog.Batch<ScoreEvent> batch = backlog.take(BATCH_SCORES, BATCH_BYTES);
    if (batch == null) {
      Thread.onSpinWait(); // one is counted but not queued yet, or the thread may end
    } else {
      deliver(batch, () -> sender.send(batch));
    }
  }

  /** What failed before and is due; null when others are, or when the thread may end. */
  private @Nullable Retry<Part> awaitBatch() throws InterruptedException {
    long deadline = System.nanoTime() + LONGEST_WAIT;
    while (true) {
      boolean empty = progress.waiting() == 0;
      work = empty ? Work.IDLE : Work.COLLECTING;
      Retry<Part> retry = retries.takeDue(!empty);
      // Asked after that: what comes now wakes the worker up.
      boolean due = isDue() || BackgroundThread.isAskedToEnd() || isOld(deadline);
      boolean over = isIdle() && idleTime.left() <= 0;
      if (retry != null || closed || over || (due && isReady())) {
        work = Work.SENDING;
        return retry;
      }
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      if (!retries.isEmpty()) {
        LockSupport.parkNanos(this, RETRY_LOOK);
      } else if (empty && progress.waiting() == 0) {
        LockSupport.parkNanos(this, idleTime.left());
        deadline = System.nanoTime() + LONGEST_WAIT;
      } else if (!empty) {
        LockSupport.parkNanos(this, due ? RETRY_LOOK : deadline - System.nanoTime());
      }
    }
  }

  private boolean isOld(long deadline) {
    return progress.waiting() > 0 && deadline - System.nanoTime() <= 0;
  }

  /** Whether a batch may be begun, or nothing is left to wait for. */
  private boolean isReady() {
    return progress.waiting() > 0 ? retries.admitsNew() : retries.isEmpty();
  }

  private boolean isDue() {
    long waiting = progress.waiting();
    return closed || waiting >= ENOUGH || (waiting > 0 && progress.isHurried());
  }

  private void deliver(Backlog.Batch<ScoreEvent> batch, BackgroundThread.Round sending)
      throws InterruptedException {
    try {
      idleTime.restart();
      sending.go();
    } catch (InterruptedException closing) {
      retries.removeIf(part -> part.batch() == batch);
      ledger.dropped(batch.unsettled(), LEFT + because(), batch::close);
      throw closing;
    } catch (Throwable t) { // whatever happens to one batch, the worker goes on with the next
      retries.removeIf(part -> part.batch() == batch);
      String reason = "they cannot be sent: " + Outcome.describe(t);
      ledger.failed(batch.unsettled(), Outcome.NO_ANSWER, reason, batch::close);
    } finally {
      idleTime.restart();
      if (!retries.anyMatch(part -> part.batch() == batch)) {
        if (batch.unsettled() > 0) {
          ledger.dropped(batch.unsettled(), UNCOUNTED, batch::close);
        }
        batch.close();
      }
    }
  }

  private String because() {
    String problem = line.problem();
    return problem == null ? "." : ": " + problem;
  }

  /** Nobody will come for what is left. */
  private void abandon() {
    retries.removeAll(
        part -> ledger.dropped(part.batch().unsettled(), LEFT + because(), part.batch()::close));
    Backlog.Batch<ScoreEvent> batch = backlog.take(BATCH_SCORES, BATCH_BYTES);
    while (batch != null) {
      ledger.dropped(batch.values().size(), LEFT + because(), batch::close);
      batch = backlog.take(BATCH_SCORES, BATCH_BYTES);
    }
  }
}
