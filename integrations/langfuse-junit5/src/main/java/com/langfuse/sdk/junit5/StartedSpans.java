package com.langfuse.sdk.junit5;

import com.langfuse.sdk.local.assertion.StartedObservations;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import java.util.Locale;

/** Tells which spans of the client have started, and which of them have ended. */
final class StartedSpans implements SpanProcessor {

  private static final AttributeKey<String> TYPE =
      AttributeKey.stringKey("langfuse.observation.type");

  private final StartedObservations started;

  StartedSpans(StartedObservations started) {
    this.started = started;
  }

  @Override
  public void onStart(Context parent, ReadWriteSpan span) {
    SpanContext ids = span.getSpanContext();
    started.start(ids.getTraceId(), ids.getSpanId(), () -> label(span));
  }

  @Override
  public boolean isStartRequired() {
    return true;
  }

  @Override
  public void onEnd(ReadableSpan span) {
    started.end(span.getSpanContext().getTraceId(), span.getSpanContext().getSpanId());
  }

  @Override
  public boolean isEndRequired() {
    return true;
  }

  private static String label(ReadableSpan span) {
    String type = span.getAttribute(TYPE);
    return (type == null ? "span" : type).toUpperCase(Locale.ROOT) + " " + span.getName();
  }
}
