package com.langfuse.sdk.export;

import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.line.LangfuseEndpoint;
import com.langfuse.sdk.line.Ledger;
import com.langfuse.sdk.line.Line;
import com.langfuse.sdk.line.Line.Patience;
import com.langfuse.sdk.line.Outcome;
import com.langfuse.sdk.line.TextRewriter;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Sends parcels until each of their spans has arrived or is lost for a reason: divides what is too
 * large, cuts what is too large alone, and looks for the one that spoils a batch. Threadsafe.
 */
final class Dispatch {

  /** Langfuse takes more, but longer bodies make longer retries. */
  static final int MOST_BYTES = 4 << 20;

  private static final int TOO_LARGE = 413;
  private static final int MALFORMED = 400;
  private static final int SERVER_ERROR = 500;
  private static final int BAD_GATEWAY = 502;

  /** What has been refused above this is taken for a limit of the server. */
  private static final int SMALLEST_LIMIT = 64 * 1024;

  /** A limit that was learnt from a passing trouble is forgotten in time. */
  private static final int SLOW_GROWTH = 64;

  /** Enough to find three spoilers among 512. */
  private static final int MOST_DIVISIONS = 64;

  /** To see whether a server that finds small batches too large takes anything at all. */
  private static final int FEW_DIVISIONS = 8;

  private final Line line;
  private final Ledger ledger;
  private final QuietLog log;
  private final @Nullable TextRewriter rewriter;

  /** Learnt from the server. */
  private final AtomicInteger limit = new AtomicInteger(MOST_BYTES);

  /** False when a whole batch was malformed to the last span: then the next will be, too. */
  private volatile boolean dividingHelps = true;

  Dispatch(ExportLine exportLine, QuietLog log) {
    this.line = exportLine.line();
    this.ledger = exportLine.ledger();
    this.rewriter = exportLine.rewriter();
    this.log = log;
  }

  /** Returns when all of it is settled. */
  void send(OtlpBody body, Source.Parcel parcel, boolean lasting) throws InterruptedException {
    OtlpBody leaving = rewriter == null ? body : body.rewritten(rewriter);
    new Journey(parcel, lasting).send(leaving, 0);
  }

  /** One parcel's way. */
  private final class Journey {
    private final Source.Parcel parcel;
    private final boolean lasting;
    private int divisions;
    private boolean anyArrived;

    Journey(Source.Parcel parcel, boolean lasting) {
      this.parcel = parcel;
      this.lasting = lasting;
    }

    /**
     * @param tries that these spans have behind them
     */
    void send(OtlpBody body, int tries) throws InterruptedException {
      if (body.bytes().length > limit.get() && body.spans() > 1) {
        sendHalves(body, tries);
        return;
      }
      Patience patience = patience(body);
      Outcome outcome = post(body, patience);
      int triesNow = tries + outcome.attempts();
      while (outcome.isPassing()) {
        OtlpBody rest = spoils(outcome) && body.spans() > 1 ? withoutOneThatPasses(body) : null;
        if (rest != null) {
          sendHalves(rest, triesNow); // the server is well, so the batch is what it cannot take
          return;
        }
        if (patience == Patience.UNTIL_TIME_IS_UP) {
          break;
        }
        patience = lasting ? patience : Patience.UNTIL_TIME_IS_UP;
        outcome = post(body, patience);
        triesNow += outcome.attempts();
      }
      if (outcome.arrived()) {
        arrived(body, triesNow, outcome);
      } else if (outcome.status() == TOO_LARGE) {
        shrink(body, triesNow, outcome);
      } else if (outcome.status() == MALFORMED && body.spans() > 1 && mayDivide()) {
        divide(body, triesNow);
      } else {
        lost(body, triesNow, outcome);
      }
    }

    private Outcome post(OtlpBody body, Patience patience) throws InterruptedException {
      return line.send(exchange(body), patience);
    }

    /** A spool keeps everything, but for the one that fails where others pass. */
    private Patience patience(OtlpBody body) {
      boolean alone = body.spans() == 1;
      if (lasting && !(anyArrived && alone)) {
        return Patience.UNTIL_AGAIN;
      }
      return anyArrived && !alone ? Patience.UNTIL_TIME_IS_UP_OR_AGAIN : Patience.UNTIL_TIME_IS_UP;
    }

    /** An error in the server may come of what it was sent; the others do not. */
    private static boolean spoils(Outcome outcome) {
      return outcome.status() == SERVER_ERROR || outcome.status() == BAD_GATEWAY;
    }

    /** Null when the first and the last do not pass either. */
    private @Nullable OtlpBody withoutOneThatPasses(OtlpBody body) throws InterruptedException {
      int last = body.spans() - 1;
      if (passes(body.part(0, 1))) {
        return body.part(1, last + 1);
      }
      return passes(body.part(last, last + 1)) ? body.part(0, last) : null;
    }

    private boolean passes(OtlpBody one) throws InterruptedException {
      Outcome outcome = line.sendOnce(exchange(one));
      if (outcome.arrived()) {
        arrived(one, 2, outcome);
      }
      return outcome.arrived();
    }

    private Line.Exchange exchange(OtlpBody body) {
      LangfuseEndpoint endpoint = line.endpoint();
      LangfuseEndpoint.Packed packed = endpoint.pack(body.bytes());
      return () -> endpoint.export(packed);
    }

    private void arrived(OtlpBody body, int tries, Outcome outcome) {
      anyArrived = true;
      dividingHelps = true;
      if (body.bytes().length > limit.get() / 2) {
        limit.updateAndGet(learnt -> Math.min(MOST_BYTES, learnt + learnt / SLOW_GROWTH));
      }
      log.debug("Delivered " + body.spans() + " observations in " + tries + " tries.");
      countTries(body, tries);
      count(PartialSuccess.of(outcome, body.spans()), body.spans(), outcome);
    }

    /** Exported is what the response does not reject. */
    private void count(PartialSuccess partial, int spans, Outcome outcome) {
      String server = "Langfuse at " + line.endpoint().baseUrl();
      int rejected = partial.rejected();
      ledger.exported(spans - rejected, () -> parcel.settle(spans - rejected));
      if (rejected > 0) {
        String reason = "%s rejects %d of %d: %s".formatted(server, rejected, spans, partial.message());
        ledger.failed(rejected, outcome.status(), reason, () -> parcel.settle(rejected));
      } else if (!partial.message().isEmpty()) {
        log.warn("partial success", server + " warns: " + partial.message());
      }
    }

    private void lost(OtlpBody body, int tries, Outcome outcome) {
      countTries(body, tries);
      ledger.failed(
          body.spans(),
          outcome.status(),
          "Langfuse at " + line.endpoint().baseUrl() + " " + outcome.words(),
          () -> parcel.settle(body.spans()));
      line.settled(outcome);
    }

    private void countTries(OtlpBody body, int tries) {
      if (tries > 1) {
        ledger.retried(body.spans());
      }
    }

    private void sendHalves(OtlpBody body, int tries) throws InterruptedException {
      if (body.spans() == 1) {
        send(body, tries);
        return;
      }
      for (OtlpBody half : body.halves()) {
        send(half, tries);
      }
    }

    private void shrink(OtlpBody body, int tries, Outcome outcome) throws InterruptedException {
      int smaller = Math.max(SMALLEST_LIMIT, body.bytes().length / 2);
      if (limit.get() > smaller) {
        limit.accumulateAndGet(smaller, Math::min);
        log.warn("limit", "Langfuse takes no larger requests: smaller ones follow.");
      }
      if (body.spans() == 1) {
        sendCut(body, tries, outcome);
      } else if (anyArrived
          || body.bytes().length > SMALLEST_LIMIT
          || divisions++ < FEW_DIVISIONS) {
        sendHalves(body, tries);
      } else {
        lost(body, tries, outcome); // it takes nothing at all
      }
    }

    /** Shorter and shorter, as long as that makes a difference. */
    private void sendCut(OtlpBody whole, int triesBefore, Outcome refusal)
        throws InterruptedException {
      OtlpBody last = whole;
      Outcome outcome = refusal;
      int tries = triesBefore;
      while (outcome.status() == TOO_LARGE) {
        OtlpBody cut = whole.cutTo(last.bytes().length / 2);
        if (cut == null || cut.bytes().length >= last.bytes().length) {
          break;
        }
        last = cut;
        outcome = post(cut, patience(cut));
        tries += outcome.attempts();
      }
      if (outcome.arrived()) {
        ledger.truncated(1 - PartialSuccess.of(outcome, 1).rejected());
        arrived(last, tries, outcome);
      } else {
        lost(last, tries, outcome);
      }
    }

    private boolean mayDivide() {
      return dividingHelps && divisions < MOST_DIVISIONS;
    }

    private void divide(OtlpBody body, int tries) throws InterruptedException {
      boolean first = divisions == 0;
      divisions++;
      sendHalves(body, tries);
      if (first && !anyArrived) {
        dividingHelps = false;
      }
    }
  }
}
