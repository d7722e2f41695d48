package com.langfuse.sdk.export;

import com.langfuse.sdk.line.Line;
import com.langfuse.sdk.line.Outcome;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Sends one batch until each of its spans has arrived or is lost for a reason: divides what is too
 * large, cuts what is too large alone, and isolates the spans that the server cannot take.
 *
 * <p>A server that fails may be down, or may fail because of what it was sent. It is the latter
 * when it accepts others meanwhile: another batch, or one span of this one that is sent alone to
 * find out. Then the batch is divided; spans that fail alone are tried some more times and given
 * up. Otherwise the batch is tried again as a whole until the time for retries is over.
 *
 * <p>Used by one thread at a time.
 */
final class BatchSend {

  /** Failed tries before a body is divided because the server has accepted others meanwhile. */
  private static final int TRIES_BEFORE_SPLIT = 2;

  /** Failed tries before single spans are sent to find out whether the server is well. */
  private static final int TRIES_BEFORE_PROBE = 3;

  /** Spans that are sent alone each time: the first one may be what the server cannot take. */
  private static final int PROBES = 2;

  /** Spreads the places of these spans evenly, wherever the bad ones are. */
  private static final double GOLDEN_RATIO = 0.618_033_988_749_895;

  /** Failures in a row after which a server that was well may be down. */
  private static final int MAX_FAILURES_IN_A_ROW = 64;

  /**
   * Tries of spans that failed alone while the server was well, before a last one. Of a batch of
   * which nothing has been accepted, failures between which others passed.
   */
  private static final int LAST_TRIES = 5;

  /** The same, after a body that had failed was accepted as it is: then failures come by chance. */
  private static final int MORE_LAST_TRIES = 25;

  /** Of a batch that is malformed, while nothing of it is accepted. */
  private static final int MAX_SPLITS = 64;

  /** To see whether a server that finds small batches too large takes anything at all. */
  private static final int FEW_SPLITS = 8;

  private final Dispatch dispatch;
  private final Line line;
  private final BatchSettlement settlement;
  private final boolean lasting;
  private final long number;
  private final long recoveriesBefore;

  /** To be sent, large ones first. */
  private final Deque<BatchPart> parts = new ArrayDeque<>();

  /** Single spans that failed while others were accepted. */
  private final Deque<BatchPart> isolated = new ArrayDeque<>();

  private long start = System.nanoTime();
  private int malformedSplits;
  private int tooLargeSplits;

  /** Whether failures are taken for the body's fault, and waste no time. */
  private boolean splitting;

  private boolean newestFirst;
  private int failuresInARow;
  private long acceptedBefore;
  private int contradictions;
  private int probes;
  private int isolatedTries;

  /** Whether the server was well after spans had failed alone. */
  private boolean isolationHolds;

  private @Nullable Outcome lastFailure;

  private int pauses;
  private int pausesInARow;
  private long pausedAt;
  private Duration pause = Duration.ZERO;

  /**
   * @param lasting whether what is not delivered outlives this process: then nothing is given up
   *     for lack of time
   */
  BatchSend(Dispatch dispatch, OtlpBody body, Source.Parcel parcel, boolean lasting, long number) {
    this.dispatch = dispatch;
    this.line = dispatch.line();
    this.settlement = new BatchSettlement(dispatch, parcel);
    this.lasting = lasting;
    this.number = number;
    this.acceptedBefore = dispatch.accepted();
    this.recoveriesBefore = dispatch.recoveries();
    parts.add(new BatchPart(body, 0));
  }

  /** Batches are numbered as they are begun. */
  long number() {
    return number;
  }

  Source.Parcel parcel() {
    return settlement.parcel();
  }

  boolean isLasting() {
    return lasting;
  }

  /** Whether it waits for the first time. */
  boolean isNew() {
    return pauses == 1;
  }

  /** Whether its next try is due. */
  boolean isDue() {
    return line.isPauseOver(pausedAt, pause);
  }

  /** Whether nothing tells its failure from that of a server that is down. */
  boolean isDoubtful() {
    return !parts.isEmpty() && dispatch.accepted() <= acceptedBefore;
  }

  /** What is not settled, in bytes. */
  long bytes() {
    return bytes(parts) + bytes(isolated);
  }

  private static long bytes(Deque<BatchPart> parts) {
    return parts.stream().mapToLong(part -> part.body().bytes().length).sum();
  }

  /**
   * Sends what can be sent now.
   *
   * @return true when all of it is settled; false when the rest has to wait until {@link #isDue}
   */
  boolean proceed() throws InterruptedException {
    boolean afterPause = pauses > 0;
    if (afterPause) { // the time for retries does not run while other batches go first
      start += Math.max(0, System.nanoTime() - pausedAt - pause.toNanos());
    }
    while (!parts.isEmpty()) {
      // From both ends in turn: good halves and bad spans are found early.
      newestFirst = !newestFirst && (splitting || malformedSplits > 0);
      if (!send(newestFirst ? parts.removeLast() : parts.removeFirst())) {
        return false;
      }
    }
    if (malformedSplits > 0 && !settlement.anyAccepted()) {
      dispatch.dividingIsInVain();
    }
    if (isolated.isEmpty()) {
      return true;
    }
    if (!isolationHolds) {
      isolationHolds = isServerWell();
    }
    return afterPause ? sendIsolated() : pause();
  }

  /** For closing: what failed alone while others passed is lost, the rest is not settled. */
  void abandon() {
    if (isolationHolds) {
      isolated.forEach(part -> settlement.lost(part, Objects.requireNonNull(lastFailure)));
      isolated.clear();
    }
  }

  /** False when the batch has to wait. */
  private boolean send(BatchPart part) throws InterruptedException {
    boolean several = part.body().spans() > 1;
    if (several && dispatch.isTooLarge(part.body())) {
      split(part);
      return true;
    }
    Attempt attempt = dispatch.post(part.body(), lasting);
    BatchPart tried = part.after(attempt);
    if (attempt.isAccepted()) {
      accepted(tried, attempt);
    } else if (attempt.isTooLarge()) {
      return tooLarge(tried, attempt);
    } else if (attempt.isMalformed() && several && maySplitMalformed()) {
      malformedSplits++;
      split(tried);
    } else if (attempt.mayBePayload()) {
      return failed(tried, attempt);
    } else {
      settlement.lost(tried, attempt.outcome());
    }
    return true;
  }

  private boolean maySplitMalformed() {
    return dispatch.dividingHelps() && (settlement.anyAccepted() || malformedSplits < MAX_SPLITS);
  }

  private boolean tooLarge(BatchPart part, Attempt attempt) throws InterruptedException {
    int length = part.body().bytes().length;
    dispatch.refusesLength(length);
    if (part.body().spans() == 1) {
      return sendCut(part, attempt);
    }
    if (settlement.anyAccepted()
        || length > Dispatch.SMALLEST_LIMIT
        || tooLargeSplits++ < FEW_SPLITS) {
      split(part);
    } else {
      settlement.lost(part, attempt.outcome()); // it takes nothing at all
    }
    return true;
  }

  private boolean sendCut(BatchPart part, Attempt refusal) throws InterruptedException {
    Attempt cut = dispatch.postCut(refusal, lasting);
    if (cut.isAccepted()) {
      accepted(part.cutTo(cut), cut);
    } else if (cut.mayBePayload()) {
      return failed(part, cut);
    } else {
      settlement.lost(part, cut.outcome());
    }
    return true;
  }

  private boolean failed(BatchPart part, Attempt attempt) throws InterruptedException {
    lastFailure = attempt.outcome();
    boolean othersPass = dispatch.accepted() > acceptedBefore;
    acceptedBefore = dispatch.accepted();
    failuresInARow++;
    settlement.failed(attempt);
    if (splitting && failuresInARow > MAX_FAILURES_IN_A_ROW) {
      splitting = false;
    } else if (!splitting && othersPass && part.tries() >= TRIES_BEFORE_SPLIT) {
      contradictions++;
      startSplitting();
    }
    if (!settlement.anyAccepted() && contradictions >= lastTries()) {
      parts.add(part);
      return allLost();
    }
    if (splitting) {
      splitOrIsolate(part);
      return true;
    }
    if (isWorthAProbe(part, attempt) && probe(part, attempt)) {
      return true;
    }
    parts.add(part.again());
    return isOver() ? allLost() : pause();
  }

  private int lastTries() {
    return dispatch.recoveries() > recoveriesBefore ? MORE_LAST_TRIES : LAST_TRIES;
  }

  private void startSplitting() {
    splitting = true;
    failuresInARow = 0;
  }

  private void splitOrIsolate(BatchPart part) {
    if (part.body().spans() > 1) {
      split(part);
    } else {
      isolated.add(part.again());
    }
  }

  private void split(BatchPart part) {
    part.split().forEach(parts::add);
  }

  private boolean isWorthAProbe(BatchPart part, Attempt attempt) {
    boolean several = part.body().spans() > 1;
    return part.tries() >= TRIES_BEFORE_PROBE || (several && (attempt.isCutOffEarly() || isOver()));
  }

  /** Sends a piece. If that is accepted, deals with the rest and returns true. */
  private boolean probe(BatchPart part, Attempt attempt) throws InterruptedException {
    OtlpBody body = part.body();
    if (body.spans() == 1) {
      Attempt cut = attempt.isCutOff() ? dispatch.postCut(attempt, lasting) : attempt;
      if (cut.isAccepted()) {
        accepted(part.cutTo(cut), cut);
      }
      return cut.isAccepted();
    }
    for (int i = 0; i < PROBES; i++) {
      int place = (int) (probes++ * GOLDEN_RATIO % 1 * body.spans());
      Attempt one = dispatch.postOnce(body.part(place, place + 1));
      if (one.isAccepted()) {
        accepted(new BatchPart(one.body(), part.tries() + 1), one);
        startSplitting(); // the server is well, so the batch is what it cannot take
        split(new BatchPart(body.without(place), part.tries()));
        return true;
      }
    }
    return false;
  }

  /** They are tried together, which is one request, and alone at last. */
  private boolean sendIsolated() throws InterruptedException {
    if (!settlement.anyAccepted()) { // the server may be down after all
      splitting = false;
      parts.addAll(isolated);
      isolated.clear();
      isolationHolds = false;
      return pause();
    }
    if (isolatedTries < lastTries() && !isOver()) {
      BatchPart all = together();
      Attempt together = dispatch.post(all.body(), lasting);
      if (together.isAccepted()) {
        accepted(all.after(together), together);
        isolated.clear();
        return true;
      }
      lastFailure = together.outcome();
      if (together.mayBePayload()) {
        isolatedTries += isServerWell() ? 1 : 0;
        return pause();
      }
    }
    while (!isolated.isEmpty()) {
      BatchPart part = isolated.element();
      Attempt alone = dispatch.post(part.body(), lasting);
      boolean cut = alone.isTooLarge() || alone.isCutOff();
      Attempt last = cut ? dispatch.postCut(alone, lasting) : alone;
      if (last.mayBePayload() && !isOver() && !isServerWell()) {
        lastFailure = last.outcome();
        return pause();
      }
      isolated.remove();
      if (!last.isAccepted()) {
        settlement.lost(part.after(last), last.outcome());
      } else if (cut) {
        accepted(part.cutTo(last), last);
      } else {
        accepted(part.after(last), last);
      }
    }
    return true;
  }

  /**
   * Whether it has accepted anything since the latest failure, or accepts a request of no spans.
   */
  private boolean isServerWell() {
    boolean othersPass = dispatch.accepted() > acceptedBefore;
    acceptedBefore = dispatch.accepted();
    return othersPass || line.isWell();
  }

  private BatchPart together() {
    OtlpBody body = OtlpBody.joined(isolated.stream().map(part -> part.body().bytes()).toList());
    int tries = isolated.stream().mapToInt(BatchPart::tries).max().orElse(0);
    return new BatchPart(body, tries).again();
  }

  private void accepted(BatchPart part, Attempt attempt) {
    failuresInARow = 0;
    pausesInARow = 0;
    settlement.accepted(part, attempt.outcome());
  }

  private boolean allLost() {
    Outcome outcome = Objects.requireNonNull(lastFailure);
    parts.addAll(isolated);
    isolated.clear();
    parts.forEach(part -> settlement.lost(part, outcome));
    parts.clear();
    return true;
  }

  private boolean isOver() {
    return !lasting && line.isOver(start, pause);
  }

  /** Always false: the batch has to wait. */
  private boolean pause() {
    pauses++;
    pause = line.pause(Objects.requireNonNull(lastFailure), ++pausesInARow);
    pausedAt = System.nanoTime();
    return false;
  }
}
