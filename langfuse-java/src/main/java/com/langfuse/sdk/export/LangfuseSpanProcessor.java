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
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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

  /** Spans that somebody forgot to end must not fill the memory. */
  private static final int MOST_OPEN_SPANS = 100_000;

  private static final ContextKey<Start> START = ContextKey.named("langfuse-start");
  private static final ContextKey<Claim> CLAIM = ContextKey.named("langfuse-claim");

  /** Whose observation is being started, and below which span, whoever rules the span slot. */
  private record Start(LangfuseSpanProcessor owner, Span parent) {}

  /** A trace whose top-most span has gone to this processor's project. */
  private record Claim(LangfuseSpanProcessor owner, String traceId) {}

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

  /** Running spans of other clients on the same provider; none on a provider of our own. */
  private final Set<String> foreign = ConcurrentHashMap.newKeySet();

  /** Running spans on a shared provider that passed the filter at their start. */
  private final Set<String> expected = ConcurrentHashMap.newKeySet();

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

  /** A context in which this trace has its top-most span in this processor's project already. */
  public Context claim(Context context, String traceId) {
    return hasClaim(context, traceId) ? context : context.with(CLAIM, new Claim(this, traceId));
  }

  /** Whether {@link #claim} would change nothing. */
  public boolean hasClaim(Context context, String traceId) {
    Claim here = context.get(CLAIM);
    return here != null && here.owner() == this && here.traceId().equals(traceId);
  }

  @Override
  public void onStart(Context context, ReadWriteSpan span) {
    Start start = context.get(START);
    boolean ofClient = start != null && isObservation(span);
    if (ofClient && start.owner() != this) {
      remember(foreign, span);
      return;
    }
    span.setAllAttributes(everySpan);
    Attributes inForce = PropagatedAttributes.inForce(context, options.readsBaggage(), log);
    PropagatedAttributes.apply(inForce, span);
    if (passes(span)) {
      if (options.shared()) {
        remember(expected, span);
      }
      Span parent = ofClient ? start.parent() : Span.fromContext(context);
      if (!isClaimed(context, span.getSpanContext().getTraceId()) && !sends(parent)) {
        span.setAttribute(LangfuseAttributes.IS_APP_ROOT, true);
      }
    }
  }

  /** Here, by an observation that is current; or by a service that called this one. */
  private boolean isClaimed(Context context, String traceId) {
    if (context.get(CLAIM) != null) {
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
      return expected.contains(span.getSpanContext().getSpanId());
    }
    return span instanceof ReadableSpan ours
        && !ours.hasEnded()
        && isObservation(ours)
        && (options.alone() || passes(ours));
  }

  private static void remember(Set<String> spans, ReadableSpan span) {
    if (spans.size() < MOST_OPEN_SPANS) {
      spans.add(span.getSpanContext().getSpanId());
    }
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
    if (options.shared()) {
      expected.remove(span.getSpanContext().getSpanId());
      if (foreign.remove(span.getSpanContext().getSpanId())) {
        return;
      }
    }
    if (delivery != null && span.getSpanContext().isSampled() && passes(span)) {
      if (options.masksCallersOnly() && !isObservation(span)) {
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
        new BackgroundThread(
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
