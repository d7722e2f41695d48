package com.langfuse.sdk.export;

import java.util.List;
import java.util.stream.Stream;

/**
 * Some spans of a batch.
 *
 * @param tries that these spans have behind them
 * @param hasFailed whether exactly these spans have been sent before
 * @param isCut whether texts were cut to fit through
 */
record BatchPart(OtlpBody body, int tries, boolean hasFailed, boolean isCut) {

  BatchPart(OtlpBody body, int tries) {
    this(body, tries, false, false);
  }

  BatchPart after(Attempt attempt) {
    return new BatchPart(attempt.body(), tries + attempt.outcome().attempts(), hasFailed, isCut);
  }

  BatchPart cutTo(Attempt attempt) {
    return new BatchPart(attempt.body(), tries + attempt.outcome().attempts(), false, true);
  }

  BatchPart again() {
    return new BatchPart(body, tries, true, isCut);
  }

  /** The same spans in two parts, or in one if there is only one. */
  Stream<BatchPart> split() {
    List<OtlpBody> bodies = body.spans() == 1 ? List.of(body) : body.halves();
    return bodies.stream().map(half -> new BatchPart(half, tries));
  }
}
