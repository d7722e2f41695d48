package com.langfuse.sdk;

import com.langfuse.sdk.internal.QuietLog;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;

/**
 * A processor of the application's: recording never throws, whatever that one does. It is not shut
 * down or flushed with the client.
 */
final class GuardedSpanProcessor implements SpanProcessor {

  private final SpanProcessor processor;
  private final QuietLog log;

  GuardedSpanProcessor(SpanProcessor processor, QuietLog log) {
    this.processor = processor;
    this.log = log;
  }

  @Override
  public void onStart(Context context, ReadWriteSpan span) {
    guard(() -> processor.onStart(context, span));
  }

  @Override
  public boolean isStartRequired() {
    return processor.isStartRequired();
  }

  @Override
  public void onEnd(ReadableSpan span) {
    guard(() -> processor.onEnd(span));
  }

  @Override
  public boolean isEndRequired() {
    return processor.isEndRequired();
  }

  private void guard(Runnable call) {
    try {
      call.run();
    } catch (Throwable t) {
      log.warn("spanProcessor", "A span processor throws, the span goes on without it.", t);
    }
  }
}
