package com.langfuse.sdk.export;

import com.langfuse.sdk.internal.LangfuseAttributes;
import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.internal.Settings;
import com.langfuse.sdk.propagation.PropagatedAttributes;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import java.time.Duration;
import java.util.Objects;

/**
 * Where OpenTelemetry meets Langfuse: marks each span at its start with environment, release and
 * the propagated attributes, and hands it to the delivery line at its end. Threadsafe.
 */
public final class LangfuseSpanProcessor implements SpanProcessor {

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Attributes everySpan;
  private final Delivery delivery;

  public LangfuseSpanProcessor(Settings settings, QuietLog log) {
    this.everySpan = everySpan(settings);
    LangfuseEndpoint endpoint =
        new LangfuseEndpoint(
            settings.baseUrl(),
            Objects.requireNonNull(settings.publicKey()),
            Objects.requireNonNull(settings.secretKey()),
            settings.timeout());
    this.delivery = new Delivery(settings, endpoint, log);
  }

  @Override
  public void onStart(Context parent, ReadWriteSpan span) {
    span.setAllAttributes(everySpan);
    PropagatedAttributes.from(parent).applyTo(span);
  }

  @Override
  public boolean isStartRequired() {
    return true;
  }

  @Override
  public void onEnd(ReadableSpan span) {
    if (span.getSpanContext().isSampled()) {
      delivery.offer(span);
    }
  }

  @Override
  public boolean isEndRequired() {
    return true;
  }

  /** Sends what has ended so far and says what became of it, at the deadline at the latest. */
  public FlushReport flush(Duration timeout) {
    return delivery.flush(timeout);
  }

  /** Flushes, then stops the delivery thread. What ends later is counted as dropped. */
  public FlushReport close(Duration timeout) {
    return delivery.close(timeout);
  }

  /** Succeeds only when everything was delivered. */
  @Override
  public CompletableResultCode forceFlush() {
    return result(flush(PATIENCE));
  }

  @Override
  public CompletableResultCode shutdown() {
    return result(close(PATIENCE));
  }

  private static CompletableResultCode result(FlushReport report) {
    return report.isComplete()
        ? CompletableResultCode.ofSuccess()
        : CompletableResultCode.ofFailure();
  }

  private static Attributes everySpan(Settings settings) {
    AttributesBuilder attributes = Attributes.builder();
    if (settings.environment() != null) {
      attributes.put(LangfuseAttributes.ENVIRONMENT, settings.environment());
    }
    if (settings.release() != null) {
      attributes.put(LangfuseAttributes.RELEASE, settings.release());
    }
    return attributes.build();
  }
}
