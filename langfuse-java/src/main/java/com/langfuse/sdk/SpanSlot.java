package com.langfuse.sdk;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;

/** OpenTelemetry's place in the Context for the current span, from which HTTP clients propagate. */
final class SpanSlot {

  private SpanSlot() {}

  /** The context with the span in the slot, as far as whoever rules the slot allows. */
  static Context set(Context context, Span span) {
    if (Span.fromContext(context) == span) {
      return context;
    }
    Context with = context.with(span);
    // OpenTelemetry's Java agent takes no span that is not its own, but it takes a remote one.
    Span there = Span.fromContext(with);
    boolean taken = there == span || there.getSpanContext().equals(span.getSpanContext());
    return taken ? with : context.with(Span.wrap(span.getSpanContext()));
  }
}
