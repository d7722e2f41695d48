package com.langfuse.sdk.export;

import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.internal.Settings;
import com.langfuse.sdk.line.Ledger;
import com.langfuse.sdk.line.Line;
import com.langfuse.sdk.line.Outcome;
import com.langfuse.sdk.line.TextRewriter;
import java.io.IOException;
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

  /** What has been refused above this is taken for a limit of the server. */
  private static final int SMALLEST_LIMIT = 64 * 1024;

  /** Enough to find three spoilers among 512. */
  private static final int MOST_DIVISIONS = 64;

  private final Settings settings;
  private final Line line;
  private final Ledger ledger;
  private final QuietLog log;
  private final @Nullable TextRewriter rewriter;

  /** Learnt from the server. */
  private final AtomicInteger limit = new AtomicInteger(MOST_BYTES);

  /** False when a whole batch was malformed to the last span: then the next will be, too. */
  private volatile boolean dividingHelps = true;

  Dispatch(Settings settings, ExportLine exportLine, QuietLog log) {
    this.settings = settings;
    this.line = exportLine.line();
    this.ledger = exportLine.ledger();
    this.rewriter = exportLine.rewriter();
    this.log = log;
  }

  /** Returns when all of it is settled. */
  void send(Source.Parcel parcel, boolean lasting) throws IOException, InterruptedException {
    OtlpBody body = parcel.body();
    if (rewriter != null) {
      body = body.rewritten(rewriter);
    }
    new Journey(parcel, lasting).send(body);
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

    void send(OtlpBody body) throws InterruptedException {
      send(body, false);
    }

    private void send(OtlpBody body, boolean cut) throws InterruptedException {
      if (body.bytes().length > limit.get() && body.spans() > 1) {
        sendHalves(body);
        return;
      }
      Outcome outcome =
          line.send(
              () ->
                  line.endpoint()
                      .post(settings.tracesPath(), OtlpEncoder.CONTENT_TYPE, body.bytes()),
              lasting);
      if (outcome.attempts() > 1) {
        ledger.retried(body.spans());
      }
      if (outcome.arrived()) {
        arrived(body, outcome, cut);
      } else if (outcome.status() == TOO_LARGE) {
        shrink(body, outcome);
      } else if (outcome.status() == MALFORMED && body.spans() > 1 && mayDivide()) {
        divide(body);
      } else {
        lost(body, outcome);
      }
    }

    private void arrived(OtlpBody body, Outcome outcome, boolean cut) {
      anyArrived = true;
      dividingHelps = true;
      log.debug("Delivered " + body.spans() + " observations, attempt " + outcome.attempts() + ".");
      ledger.exported(body.spans());
      ledger.truncated(cut ? 1 : 0);
      parcel.settle(body.spans());
    }

    private void lost(OtlpBody body, Outcome outcome) {
      ledger.failed(
          body.spans(),
          outcome.status(),
          "Langfuse at " + line.endpoint().baseUrl() + " " + outcome.words());
      parcel.settle(body.spans());
      line.settled(outcome);
    }

    private void sendHalves(OtlpBody body) throws InterruptedException {
      for (OtlpBody half : body.halves()) {
        send(half);
      }
    }

    private void shrink(OtlpBody body, Outcome outcome) throws InterruptedException {
      int smaller = Math.max(SMALLEST_LIMIT, body.bytes().length / 2);
      if (limit.get() > smaller) {
        limit.accumulateAndGet(smaller, Math::min);
        log.warn("limit", "Langfuse takes no larger requests: smaller ones follow.");
      }
      if (body.spans() > 1) {
        sendHalves(body);
      } else {
        sendCut(body, outcome);
      }
    }

    private void sendCut(OtlpBody whole, Outcome outcome) throws InterruptedException {
      OtlpBody cut = whole.cutTo(whole.bytes().length / 2);
      if (cut == null) {
        lost(whole, outcome);
      } else {
        send(cut, true);
      }
    }

    private boolean mayDivide() {
      return dividingHelps && divisions < MOST_DIVISIONS;
    }

    private void divide(OtlpBody body) throws InterruptedException {
      boolean first = divisions == 0;
      divisions++;
      sendHalves(body);
      if (first && !anyArrived) {
        dividingHelps = false;
      }
    }
  }
}
