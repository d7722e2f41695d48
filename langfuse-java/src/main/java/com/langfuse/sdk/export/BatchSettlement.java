package com.langfuse.sdk.export;

import com.langfuse.sdk.line.Ledger;
import com.langfuse.sdk.line.Outcome;

/**
 * Counts and settles what becomes of one batch, and learns from it how large a body may be. Used by
 * one thread at a time.
 */
final class BatchSettlement {

  private final Dispatch dispatch;
  private final Ledger ledger;
  private final Source.Parcel parcel;
  private boolean anyAccepted;
  private int largestAccepted;
  private int smallestCutOff = Integer.MAX_VALUE;

  BatchSettlement(Dispatch dispatch, Source.Parcel parcel) {
    this.dispatch = dispatch;
    this.ledger = dispatch.ledger();
    this.parcel = parcel;
  }

  Source.Parcel parcel() {
    return parcel;
  }

  /** Whether the server has accepted any of the batch. */
  boolean anyAccepted() {
    return anyAccepted;
  }

  /** Exported is what the response does not reject. */
  void accepted(BatchPart part, Outcome outcome) {
    OtlpBody body = part.body();
    anyAccepted = true;
    dispatch.accepted(body, part.hasFailed());
    largestAccepted = Math.max(largestAccepted, body.bytes().length);
    if (smallestCutOff < Integer.MAX_VALUE && isClearlyLarger(smallestCutOff)) {
      dispatch.refusesLength(smallestCutOff);
    }
    smallestCutOff = Integer.MAX_VALUE;
    countTries(part);
    PartialSuccess partial = PartialSuccess.of(outcome, body.spans());
    int exported = body.spans() - partial.rejected();
    if (part.isCut()) {
      ledger.truncated(exported);
    }
    dispatch
        .log()
        .debug("Delivered %d observations in %d tries.".formatted(exported, part.tries()));
    ledger.exported(exported, () -> parcel.settle(exported));
    tell(partial, body.spans(), outcome);
  }

  private void tell(PartialSuccess partial, int spans, Outcome outcome) {
    int rejected = partial.rejected();
    if (rejected > 0) {
      String reason =
          "%s rejects %d of %d: %s".formatted(server(), rejected, spans, partial.message());
      ledger.failed(rejected, outcome.status(), reason, () -> parcel.settle(rejected));
    } else if (!partial.message().isEmpty()) {
      dispatch.log().warn("partial success", server() + " warns: " + partial.message());
    }
  }

  private String server() {
    return "Langfuse at " + dispatch.line().endpoint().baseUrl();
  }

  /** A failed try, which settles nothing. */
  void failed(Attempt attempt) {
    int length = attempt.body().bytes().length;
    if (attempt.isCutOff() && isClearlyLarger(length)) {
      smallestCutOff = Math.min(smallestCutOff, length);
    }
  }

  /** What is cut off though others of about its length pass, is not cut off for its length. */
  private boolean isClearlyLarger(int length) {
    return length > largestAccepted + largestAccepted / 4;
  }

  void lost(BatchPart part, Outcome outcome) {
    int spans = part.body().spans();
    countTries(part);
    ledger.failed(
        spans, outcome.status(), server() + " " + outcome.words(), () -> parcel.settle(spans));
    dispatch.line().settled(outcome);
  }

  private void countTries(BatchPart part) {
    if (part.tries() > 1) {
      ledger.retried(part.body().spans());
    }
  }
}
