package com.langfuse.sdk.export;

import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.line.Answer;
import com.langfuse.sdk.line.LangfuseEndpoint;
import com.langfuse.sdk.line.Ledger;
import com.langfuse.sdk.line.Line;
import com.langfuse.sdk.line.Line.Patience;
import com.langfuse.sdk.line.Outcome;
import com.langfuse.sdk.line.TextRewriter;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Sends request bodies, and keeps what was learnt from the answers: how large a body may be,
 * whether dividing helps, how many were accepted. Threadsafe.
 */
final class Dispatch {

  /** Langfuse takes more, but longer bodies make longer retries. */
  static final int MOST_BYTES = 4 << 20;

  /** What has been refused above this is taken for a limit of the server. */
  static final int SMALLEST_LIMIT = 64 * 1024;

  /** A limit that was learnt from a passing trouble is forgotten in time. */
  private static final int SLOW_GROWTH = 64;

  private final Line line;
  private final Ledger ledger;
  private final QuietLog log;
  private final @Nullable TextRewriter rewriter;

  /** Learnt from the server. */
  private final AtomicInteger limit = new AtomicInteger(MOST_BYTES);

  private final AtomicLong accepted = new AtomicLong();
  private final AtomicLong recoveries = new AtomicLong();
  private final AtomicLong batches = new AtomicLong();

  /** False when a whole batch was malformed to the last span: then the next will be, too. */
  private volatile boolean dividingHelps = true;

  Dispatch(ExportLine exportLine, QuietLog log) {
    this.line = exportLine.line();
    this.ledger = exportLine.ledger();
    this.rewriter = exportLine.rewriter();
    this.log = log;
  }

  /** Prepares a batch; {@link BatchSend#proceed} sends it. */
  BatchSend begin(OtlpBody body, Source.Parcel parcel, boolean lasting) {
    OtlpBody leaving = rewriter == null ? body : body.rewritten(rewriter);
    return new BatchSend(this, leaving, parcel, lasting, batches.getAndIncrement());
  }

  /** Tries until there is an answer that stands, or one that the body itself may have caused. */
  Attempt post(OtlpBody body, boolean lasting) throws InterruptedException {
    Post post = new Post(body);
    Patience patience = lasting ? Patience.WITHOUT_END : Patience.UNTIL_TIME_IS_UP;
    return post.attempt(line.send(post, patience, outcome -> post.attempt(outcome).mayBePayload()));
  }

  /** One try, whatever comes of it. */
  Attempt postOnce(OtlpBody body) throws InterruptedException {
    Post post = new Post(body);
    return post.attempt(line.sendOnce(post));
  }

  /**
   * Sends a span shorter and shorter, as long as that makes a difference.
   *
   * @param refusal of the whole span, because it is too large
   * @return the last try; the refusal when there is nothing to cut
   */
  Attempt postCut(Attempt refusal, boolean lasting) throws InterruptedException {
    Attempt last = refusal;
    while (last.isTooLarge() || last.isCutOff()) {
      OtlpBody cut = refusal.body().cutTo(last.body().bytes().length / 2);
      if (cut == null || cut.bytes().length >= last.body().bytes().length) {
        break;
      }
      last = post(cut, lasting);
    }
    return last;
  }

  private final class Post implements Line.Exchange {
    private final OtlpBody body;
    private final LangfuseEndpoint.Packed packed;
    private @Nullable IOException failure;

    Post(OtlpBody body) {
      this.body = body;
      packed = line.endpoint().pack(body.bytes());
    }

    @Override
    public Answer attempt() throws IOException, InterruptedException {
      failure = null;
      try {
        return line.endpoint().export(packed);
      } catch (IOException e) {
        failure = e;
        throw e;
      }
    }

    Attempt attempt(Outcome outcome) {
      return new Attempt(body, outcome, packed.bytes().length, failure);
    }
  }

  Line line() {
    return line;
  }

  Ledger ledger() {
    return ledger;
  }

  QuietLog log() {
    return log;
  }

  /** Requests that Langfuse has accepted since the start. */
  long accepted() {
    return accepted.get();
  }

  /** Bodies that were accepted as they are after they had failed. */
  long recoveries() {
    return recoveries.get();
  }

  void accepted(OtlpBody body, boolean hadFailed) {
    accepted.incrementAndGet();
    if (hadFailed) {
      recoveries.incrementAndGet();
    }
    dividingHelps = true;
    if (body.bytes().length > limit.get() / 2) {
      limit.updateAndGet(learnt -> Math.min(MOST_BYTES, learnt + learnt / SLOW_GROWTH));
    }
  }

  boolean isTooLarge(OtlpBody body) {
    return body.bytes().length > limit.get();
  }

  /** The server does not take bodies of that length: those that follow are half of it at most. */
  void refusesLength(int bytes) {
    int smaller = Math.max(SMALLEST_LIMIT, bytes / 2);
    if (limit.get() > smaller) {
      limit.accumulateAndGet(smaller, Math::min);
      log.warn("limit", "Langfuse takes no larger requests: smaller ones follow.");
    }
  }

  boolean dividingHelps() {
    return dividingHelps;
  }

  void dividingIsInVain() {
    dividingHelps = false;
  }
}
