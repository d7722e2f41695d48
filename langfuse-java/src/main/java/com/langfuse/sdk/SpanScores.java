package com.langfuse.sdk;

import com.langfuse.sdk.internal.LangfuseAttributes;
import com.langfuse.sdk.score.Score;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.sdk.trace.ReadableSpan;
import org.jspecify.annotations.Nullable;

/** Scores of an observation that is at hand: sent when it is, with its environment. */
final class SpanScores {

  private SpanScores() {}

  static void hand(OtelObservation observation, @Nullable Score score) {
    if (score == null) {
      return;
    }
    Langfuse owner = observation.owner();
    if (observation == Langfuse.DISABLED.nowhere()) {
      owner.log().warn("no observation", score + " is not sent: no observation is current here.");
    } else if (observation.span().getSpanContext().isSampled()) {
      owner.score(score, environment(observation.span()));
    }
  }

  /** Its own, a propagated one or the client's; null where the span does not say. */
  private static @Nullable String environment(Span span) {
    return span instanceof ReadableSpan readable
        ? readable.getAttribute(LangfuseAttributes.ENVIRONMENT)
        : null;
  }
}
