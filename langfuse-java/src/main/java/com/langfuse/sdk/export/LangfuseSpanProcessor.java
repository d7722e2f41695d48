package com.langfuse.sdk.export;

import com.langfuse.sdk.internal.LangfuseAttributes;
import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.internal.Settings;
import com.langfuse.sdk.propagation.PropagatedAttributes;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import java.net.URI;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Where OpenTelemetry meets Langfuse: marks each span at its start with environment, release and
 * the propagated attributes, and hands it to the delivery line at its end. Threadsafe.
 *
 * <p>Add one to a tracer provider of your own when spans of other libraries shall reach Langfuse
 * too. The provider's sampler and limits then apply, and closing it flushes.
 *
 * <pre>{@code
 * LangfuseSpanProcessor processor = Langfuse.builder().buildProcessor();
 * SdkTracerProvider provider = SdkTracerProvider.builder().addSpanProcessor(processor).build();
 * Langfuse langfuse = Langfuse.builder().attachTo(provider, processor);
 * }</pre>
 */
public final class LangfuseSpanProcessor implements SpanProcessor {

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** Whose span is being started, where several clients share a provider. */
  private static final ContextKey<LangfuseSpanProcessor> OWNER =
      ContextKey.named("langfuse-processor");

  private final Attributes everySpan;
  private final SpanFilter filter;
  private final boolean shared;
  private final boolean readsBaggage;
  private final boolean masksCallersOnly;
  private final QuietLog log;
  private final Delivery delivery;
  private final URI baseUrl;
  private final ProjectLookup project;

  /** Running spans of other clients on the same provider; none on a provider of our own. */
  private final Set<String> foreign = ConcurrentHashMap.newKeySet();

  /** Running spans on a shared provider that passed the filter at their start. */
  private final Set<String> expected = ConcurrentHashMap.newKeySet();

  /** Made by the builder of the client. */
  public LangfuseSpanProcessor(Settings settings, ExportOptions options, QuietLog log) {
    this.everySpan = everySpan(settings);
    this.filter = options.filter();
    this.shared = options.shared();
    this.readsBaggage = options.readsBaggage();
    this.masksCallersOnly = options.masksCallersOnly();
    this.log = log;
    LangfuseEndpoint endpoint = new LangfuseEndpoint(settings);
    this.delivery = new Delivery(settings, endpoint, options.attributeMask(), log);
    this.baseUrl = settings.baseUrl();
    this.project = new ProjectLookup(endpoint, log);
  }

  /** The context to start a span in that belongs to this processor's client. */
  public Context own(Context context) {
    return context.get(OWNER) == this ? context : context.with(OWNER, this);
  }

  @Override
  public void onStart(Context parent, ReadWriteSpan span) {
    LangfuseSpanProcessor owner = parent.get(OWNER);
    if (owner != null && owner != this && isObservation(span)) {
      foreign.add(span.getSpanContext().getSpanId());
      return;
    }
    span.setAllAttributes(everySpan);
    if (readsBaggage) {
      PropagatedAttributes.fromBaggage(parent, log).applyTo(span);
    }
    PropagatedAttributes.from(parent).applyTo(span);
    if (passes(span)) {
      if (shared) {
        expected.add(span.getSpanContext().getSpanId());
      }
      if (isTopMost(parent, span)) {
        span.setAttribute(LangfuseAttributes.IS_APP_ROOT, true);
      }
    }
  }

  /**
   * No span above it reaches Langfuse: not its parent, which may be filtered out, remote or ended,
   * and none that claimed the trace further up.
   */
  private boolean isTopMost(Context parent, ReadWriteSpan span) {
    String claimed = PropagatedAttributes.claimIn(parent);
    return !span.getSpanContext().getTraceId().equals(claimed) && !sends(Span.fromContext(parent));
  }

  /** A running span that will reach Langfuse, as far as could be seen at its start. */
  public boolean sends(Span span) {
    if (shared) {
      return expected.contains(span.getSpanContext().getSpanId());
    }
    return span instanceof ReadableSpan ours
        && !ours.hasEnded()
        && isObservation(ours)
        && passes(ours);
  }

  @Override
  public boolean isStartRequired() {
    return true;
  }

  @Override
  public void onEnd(ReadableSpan span) {
    if (shared) {
      expected.remove(span.getSpanContext().getSpanId());
      if (foreign.remove(span.getSpanContext().getSpanId())) {
        return;
      }
    }
    if (span.getSpanContext().isSampled() && passes(span)) {
      if (masksCallersOnly && !isObservation(span)) {
        log.warn(
            "unmasked",
            "A mask is set, but spans of other tracers ("
                + span.getInstrumentationScopeInfo().getName()
                + ") leave unmasked: set attributeMask too.");
      }
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

  /** Where a trace is shown; asks the server for the project's id the first time. */
  public @Nullable String traceUrl(String traceId) {
    String projectId = project.projectId();
    return projectId == null ? null : baseUrl + "/project/" + projectId + "/traces/" + traceId;
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

  private boolean passes(ReadableSpan span) {
    try {
      return filter.test(span);
    } catch (Throwable t) {
      log.warn("filter", "The span filter throws, the span is not exported.", t);
      return false;
    }
  }

  private static boolean isObservation(ReadableSpan span) {
    return span.getInstrumentationScopeInfo().getName().equals(LangfuseAttributes.SCOPE_NAME);
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
