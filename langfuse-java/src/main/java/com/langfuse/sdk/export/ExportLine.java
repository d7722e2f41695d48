package com.langfuse.sdk.export;

import com.langfuse.sdk.line.Ledger;
import com.langfuse.sdk.line.Line;
import com.langfuse.sdk.line.TextRewriter;
import io.opentelemetry.api.metrics.MeterProvider;
import org.jspecify.annotations.Nullable;

/**
 * How spans leave, as the client's builder put it together.
 *
 * @param ledger where observations are counted
 * @param rewriter takes media out of texts; null where they stay
 * @param meterProvider gets the counters; null for nobody
 */
public record ExportLine(
    Line line,
    Ledger ledger,
    @Nullable TextRewriter rewriter,
    @Nullable MeterProvider meterProvider) {

  /** What is counted in that ledger. */
  public static final String OBSERVATIONS = "observations";

  public static final String SCORES = "scores";
  public static final String MEDIA = "media";
}
