package com.langfuse.sdk.export;

import com.langfuse.sdk.internal.BackgroundThread;
import com.langfuse.sdk.internal.LangfuseAttributes;
import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.internal.Settings;
import com.langfuse.sdk.line.Line;
import com.langfuse.sdk.line.SideDoor;
import com.langfuse.sdk.line.TextRewriter;
import com.langfuse.sdk.propagation.PropagatedAttributes;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where OpenTelemetry meets Langfuse: marks each span at its start with environment, release and
 * the propagated attributes, and hands it to the delivery line at its end. Threadsafe.
 *
 * <p>Add one to a tracer provider of your own when spans of other libraries shall reach Langfuse
 * too. The provider's sampler and limits then apply, and closing it flushes.
 *
 * <pre>{@code
 * LangfuseBuilder settings = Langfuse.builder();
 * LangfuseSpanProcessor processor = settings.buildProcessor();
 * SdkTracerProvider provider = SdkTracerProvider.builder().addSpanProcessor(processor).build();
 * Langfuse langfuse = settings.attachTo(provider, processor);
 * }</pre>
 */
public final class LangfuseSpanProcessor implements SpanProcessor {

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final ContextKey<Start> START = ContextKey.named("langfuse-start");

  /** Whose observation is being started, and below which span, whoever rules the span slot. */
  private record Start(LangfuseSpanProcessor owner, Span parent) {}

  private final Attributes everySpan;
  private final ExportOptions options;

  private final QuietLog log;
  private final Doors doors;
  private final @Nullable Line line;
  private final @Nullable TextRewriter rewriter;
  private final @Nullable Delivery delivery;
  private final @Nullable DeliveryMeters meters;
  private final @Nullable ProjectLookup project;
  private final URI baseUrl;

  /** None on a provider of our own whose spans are all sent. */
  private final OpenSpans openSpans = new OpenSpans();

  private final PublishedTraces published = new PublishedTraces();

  /**
   * Made by the builder of the client.
   *
   * @param exportLine null where there is nothing to send: then it does nothing
   */
  public LangfuseSpanProcessor(
      Settings settings, ExportOptions options, @Nullable ExportLine exportLine, QuietLog log) {
    this.everySpan = everySpan(settings);
    this.options = options;
    this.log = log;
    this.baseUrl = settings.baseUrl();
    this.line = exportLine == null ? null : exportLine.line();
    this.rewriter = exportLine == null ? null : exportLine.rewriter();
    this.doors = new Doors(line == null ? () -> null : line::problem, log);
    this.delivery =
        exportLine == null
            ? null
            : new Delivery(settings, exportLine, options.attributeMask(), log);
    if (delivery != null) {
      doors.add(delivery);
    }
    this.project = line == null ? null : new ProjectLookup(line.endpoint(), log);
    this.meters =
        exportLine == null ? null : DeliveryMeters.register(exportLine, settings, doors, log);
  }

  /** What leaves by this processor's line; null where nothing does. For the SDK's own doors. */
  public @Nullable Line line() {
    return line;
  }

  /** What takes media out of texts; null where they stay. For the SDK's own encoder. */
  public @Nullable TextRewriter rewriter() {
    return rewriter;
  }

  /** From now on flush, close and the reports are about this one too. */
  public void add(SideDoor door) {
    doors.add(door);
  }

  /** False where keys are missing or tracing is switched off: then it lets all spans pass by. */
  public boolean isEnabled() {
    return delivery != null;
  }

  /**
   * Prepares an observation of this processor's client, which begins below that span.
   *
   * @param marks see {@link #marks}
   * @param traceId null for that of a new trace, which nobody knows yet
   * @return the context to start it in, with that parent
   */
  public Context prepare(
      SpanBuilder observation,
      Attributes marks,
      Context context,
      Span parent,
      @Nullable String traceId) {
    if (!options.alone()) {
      return context.with(START, new Start(this, parent));
    }
    // What onStart does, but a builder is not locked for each attribute.
    if (!everySpan.isEmpty()) {
      observation.setAllAttributes(everySpan);
    }
    if (!marks.isEmpty()) {
      observation.setAllAttributes(marks);
    }
    if ((traceId == null || !isClaimed(context, traceId)) && !sends(parent)) {
      observation.setAttribute(LangfuseAttributes.IS_APP_ROOT, true);
    }
    return Context.root(); // nobody asks for more than the parent, and that is found sooner
  }

  /** What observations in this context are marked with, beside {@link #prepare}. */
  public Attributes marks(Context context) {
    return options.alone()
        ? PropagatedAttributes.inForce(context, options.readsBaggage(), log)
        : Attributes.empty();
  }

  /** A context in which this span's trace has its top-most span in this project already. */
  public Context claim(Context context, Span span) {
    String traceId = span.getSpanContext().getTraceId();
    return hasClaim(context, traceId) ? context : TraceClaim.store(context, this, traceId);
  }

  /** Whether {@link #claim} would change nothing. */
  public boolean hasClaim(Context context, String traceId) {
    return TraceClaim.isIn(context, this, traceId);
  }

  /**
   * Lets spans of this trace carry the public mark when they end: the server takes a span without
   * one for a trace that is not public, if it comes last.
   */
  public void publish(String traceId) {
    published.add(traceId);
  }

  /** Whether this trace was {@linkplain #publish published} in this process. */
  public boolean isPublished(String traceId) {
    return published.contains(traceId);
  }

  @Override
  public void onStart(Context context, ReadWriteSpan span) {
    Start start = context.get(START);
    boolean ofClient = start != null && isObservation(span);
    boolean isForeign = ofClient && start.owner() != this;
    if (!isForeign) {
      mark(context, span);
    }
    boolean isExpected = !isForeign && passes(span);
    OpenSpan open = open(span, isExpected, isForeign);
    if (isExpected) {
      Span parent = ofClient ? start.parent() : Span.fromContext(context);
      boolean isBelowExported = sends(parent) || open.exportedAncestor(this::passes) != null;
      if (!isBelowExported && !isClaimed(context, span.getSpanContext().getTraceId())) {
        span.setAttribute(LangfuseAttributes.IS_APP_ROOT, true);
      }
    }
  }

  /** What another tracer's span does not know of: environment, release, user and session. */
  private void mark(Context context, ReadWriteSpan span) {
    span.setAllAttributes(everySpan);
    Attributes inForce = PropagatedAttributes.inForce(context, options.readsBaggage(), log);
    PropagatedAttributes.apply(inForce, span);
  }

  private OpenSpan open(ReadWriteSpan span, boolean isExpected, boolean isForeign) {
    SpanContext above = span.getParentSpanContext();
    OpenSpan parent = above.isValid() ? openSpans.find(above) : null;
    OpenSpan open = new OpenSpan(span, parent, isExpected, isForeign);
    openSpans.add(span, open);
    return open;
  }

  /** Here, by an observation that is current; or by a service that called this one. */
  private boolean isClaimed(Context context, String traceId) {
    if (TraceClaim.isAnyIn(context)) {
      return hasClaim(context, traceId);
    }
    return options.readsBaggage() && traceId.equals(PropagatedAttributes.claimIn(context));
  }

  /** A running span that will reach Langfuse, as far as could be seen at its start. */
  public boolean sends(Span span) {
    if (!span.getSpanContext().isSampled()) {
      return false;
    }
    if (options.shared()) {
      OpenSpan open = openSpans.running(span.getSpanContext());
      return open != null && open.isExpected();
    }
    return span instanceof ReadableSpan ours
        && !ours.hasEnded()
        && isObservation(ours)
        && (options.alone() || passes(ours));
  }

  @Override
  public boolean isStartRequired() {
    return isEnabled() && !options.alone();
  }

  @Override
  public void onEnd(ReadableSpan span) {
    if (options.alone()) {
      if (delivery != null && span.getSpanContext().isSampled()) {
        delivery.offer(span);
      }
      return;
    }
    OpenSpan open = openSpans.remove(span.getSpanContext());
    boolean isForeign = open != null && open.isForeign();
    boolean isExported = !isForeign && span.getSpanContext().isSampled() && passes(span);
    SpanContext parent = isExported && open != null ? open.exportedAncestor(this::passes) : null;
    if (open != null) {
      open.end(isExported, this::passes);
      if (open.leadsUp()) {
        openSpans.keep(span.getSpanContext(), open);
      }
    }
    if (delivery != null && isExported) {
      if (options.masksCallersOnly() && !isObservation(span)) {
        log.warn(
            "unmasked",
            "A mask is set, but spans of other tracers ("
                + span.getInstrumentationScopeInfo().getName()
                + ") leave unmasked: set attributeMask too.");
      }
      boolean isPublic = isPublished(span.getSpanContext().getTraceId());
      delivery.offer(span, data -> AmendedSpan.of(data, parent, isPublic));
    }
  }

  @Override
  public boolean isEndRequired() {
    return isEnabled();
  }

  /** Sends what has ended so far and says what became of it, at the deadline at the latest. */
  public FlushReport flush(Duration timeout) {
    Objects.requireNonNull(timeout, "timeout");
    return doors.flush(timeout);
  }

  /** Flushes, then stops all threads. What ends later is counted as dropped. */
  public FlushReport close(Duration timeout) {
    Objects.requireNonNull(timeout, "timeout");
    FlushReport report = doors.close(timeout);
    if (meters != null) {
      meters.close();
    }
    if (line != null) {
      line.endpoint().close();
    }
    return report;
  }

  /** What became of everything since the start. */
  public FlushReport delivery() {
    return doors.total();
  }

  /**
   * Where a trace is shown; asks the server for the project's id the first time, and for a minute
   * not again when it gets no answer.
   */
  public @Nullable String traceUrl(@Nullable String traceId) {
    String projectId = project == null || traceId == null ? null : project.projectId();
    return projectId == null ? null : baseUrl + "/project/" + projectId + "/traces/" + traceId;
  }

  /** Succeeds only when everything was delivered. Does not wait for it. */
  @Override
  public CompletableResultCode forceFlush() {
    return aside("langfuse-flush", () -> flush(PATIENCE));
  }

  @Override
  public CompletableResultCode shutdown() {
    if (line != null) {
      line.giveUpIfUnreachable(true);
    }
    return aside("langfuse-shutdown", () -> close(PATIENCE));
  }

  private static CompletableResultCode aside(String name, Supplier<FlushReport> delivering) {
    CompletableResultCode result = new CompletableResultCode();
    Thread thread =
        BackgroundThread.create(
            name,
            () -> {
              boolean complete = false;
              try {
                complete = delivering.get().isComplete();
              } finally {
                if (complete) {
                  result.succeed();
                } else {
                  result.fail();
                }
              }
            });
    thread.start();
    return result;
  }

  private boolean passes(ReadableSpan span) {
    try {
      return options.filter().test(span);
    } catch (Throwable t) {
      log.warn("filter", "The span filter throws, the span is not exported.", t);
      return false;
    }
  }

  private static boolean isObservation(ReadableSpan span) {
    return span.getInstrumentationScopeInfo().getName().equals(LangfuseAttributes.SCOPE_NAME);
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
