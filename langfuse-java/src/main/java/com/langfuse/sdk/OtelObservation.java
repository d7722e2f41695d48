package com.langfuse.sdk;

import com.langfuse.sdk.internal.LangfuseAttributes;
import com.langfuse.sdk.internal.Settings;
import com.langfuse.sdk.propagation.PropagatedAttributes;
import com.langfuse.sdk.score.Score;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The one implementation of both shapes, over one OpenTelemetry span: the span is the record,
 * nothing is kept twice.
 */
final class OtelObservation implements Generation {

  private final Langfuse owner;
  private final Span span;
  private final Context startedIn;
  private final @Nullable OtelObservation foreign;

  /** What it was marked with at its start, and its children are. */
  private final Attributes marks;

  /** Whether it began in its parent's context as that was, to which nothing had been added. */
  private final boolean inheritsAll;

  /**
   * Its context, made once, if that says that the trace has its top-most span. By two threads at a
   * time, if need be: the one is as good as the other.
   */
  private @Nullable Context inside;

  /** For an event, which ends when it starts. */
  private final @Nullable Instant pointInTime;

  /** Tokens whose buckets depend on the model, which may be set later; else null. */
  private volatile @Nullable Usage usage;

  private volatile @Nullable String model;

  /** What {@link Propagation#applyTo} added after its start; null when it was not called. */
  private volatile @Nullable Inherited later;

  private volatile boolean saidError;
  private volatile boolean saidWhy;

  /** For a span that is there already, or for none. */
  OtelObservation(Langfuse owner, Span span, Context startedIn) {
    this.owner = owner;
    this.span = span;
    this.startedIn = startedIn;
    this.marks = Attributes.empty();
    this.inheritsAll = false;
    this.pointInTime = null;
    this.foreign = foreignIn(startedIn, owner);
  }

  OtelObservation(ParentSpan from, Span span, Attributes marks, @Nullable Instant pointInTime) {
    this.owner = from.owner();
    this.span = span;
    this.startedIn = from.context();
    this.marks = marks;
    this.inheritsAll = from.inheritsAll();
    this.pointInTime = pointInTime;
    OtelObservation parent = from.parent();
    this.foreign = inheritsAll && parent != null ? parent.foreign : foreignIn(startedIn, owner);
  }

  private static @Nullable OtelObservation foreignIn(Context context, Langfuse owner) {
    OtelObservation outer = CurrentObservation.in(context);
    return outer == null || outer.owner != owner ? outer : outer.foreign;
  }

  @Override
  public Generation name(@Nullable String name) {
    if (name != null) {
      span.updateName(name);
    }
    return this;
  }

  @Override
  public Generation type(@Nullable ObservationType<?> type) {
    return type == null ? this : write(LangfuseAttributes.TYPE, type.wireName());
  }

  @Override
  public Generation input(@Nullable Object input) {
    return writeMasked(LangfuseAttributes.INPUT, input);
  }

  @Override
  public Generation output(@Nullable Object output) {
    return writeMasked(LangfuseAttributes.OUTPUT, output);
  }

  @Override
  public Generation metadata(@Nullable Object metadata) {
    owner.writer().writeMetadata(span, metadata);
    return this;
  }

  @Override
  public Generation metadata(String key, @Nullable Object value) {
    owner.writer().writeMetadata(span, key, value);
    return this;
  }

  @Override
  public Generation level(@Nullable ObservationLevel level) {
    if (level == null) {
      return this;
    }
    saidError = level == ObservationLevel.ERROR;
    return write(LangfuseAttributes.LEVEL, level.name());
  }

  @Override
  public Generation statusMessage(@Nullable String statusMessage) {
    saidWhy |= statusMessage != null;
    return writeMasked(LangfuseAttributes.STATUS_MESSAGE, statusMessage);
  }

  @Override
  public Generation version(@Nullable String version) {
    return write(LangfuseAttributes.VERSION, version);
  }

  @Override
  public Generation environment(@Nullable String environment) {
    if (environment != null && !Settings.isEnvironment(environment)) {
      String problem = "Environment '" + environment + "' is not sent: ";
      owner.log().warn("environment", problem + Settings.ENVIRONMENT_RULE);
      return this;
    }
    return write(LangfuseAttributes.ENVIRONMENT, environment);
  }

  @Override
  public Generation model(@Nullable String model) {
    if (model != null) {
      this.model = model;
      Usage told = usage;
      if (told != null) {
        writeUsage(told.asMap(model));
      }
    }
    return write(LangfuseAttributes.MODEL, model);
  }

  @Override
  public Generation modelParameters(@Nullable Map<String, ?> parameters) {
    owner.writer().writeParameters(span, parameters);
    return this;
  }

  @Override
  public Generation usageDetails(@Nullable Usage usage) {
    if (usage == null) {
      return this;
    }
    this.usage = usage.dependsOnModel() ? usage : null;
    return writeUsage(usage.asMap(model));
  }

  @Override
  public Generation usageDetails(@Nullable Map<String, ? extends Number> usage) {
    if (usage == null) {
      return this;
    }
    this.usage = null;
    return writeUsage(usage);
  }

  private OtelObservation writeUsage(Map<String, ? extends Number> usage) {
    owner
        .writer()
        .<Number>writeSelected(
            span, LangfuseAttributes.USAGE_DETAILS, usage, value -> value.longValue() >= 0);
    return this;
  }

  @Override
  public Generation costDetails(@Nullable Map<String, ? extends Number> cost) {
    owner
        .writer()
        .<Number>writeSelected(
            span, LangfuseAttributes.COST_DETAILS, cost, value -> isPrice(value.doubleValue()));
    return this;
  }

  private static boolean isPrice(double dollars) {
    return dollars >= 0 && dollars < Double.POSITIVE_INFINITY;
  }

  @Override
  public Generation completionStartTime(@Nullable Instant time) {
    Instant usable = Timestamps.usable("completionStartTime", time, owner.log());
    return write(
        LangfuseAttributes.COMPLETION_START_TIME,
        usable == null ? null : usable.truncatedTo(ChronoUnit.MICROS));
  }

  @Override
  public Generation prompt(@Nullable PromptReference prompt) {
    if (prompt != null && !prompt.isReal()) {
      owner.log().warn("prompt", "Not linked, a prompt needs a name and a version: " + prompt);
    } else if (prompt != null) {
      span.setAttribute(LangfuseAttributes.PROMPT_NAME, prompt.name());
      span.setAttribute(LangfuseAttributes.PROMPT_VERSION, (long) prompt.version());
    }
    return this;
  }

  @Override
  public Generation publishTrace() {
    if (span.isRecording()) {
      span.setAttribute(LangfuseAttributes.TRACE_PUBLIC, true);
      owner.publish(traceId());
    }
    return this;
  }

  @Override
  @Deprecated
  public Generation setTraceIo(@Nullable Object input, @Nullable Object output) {
    return writeMasked(LangfuseAttributes.TRACE_INPUT, input)
        .writeMasked(LangfuseAttributes.TRACE_OUTPUT, output);
  }

  @Override
  public Generation recordException(@Nullable Throwable thrown) {
    if (thrown != null) {
      owner.writer().quietly(span, () -> record(Ending.by(thrown)));
    }
    return this;
  }

  private void record(Ending ending) {
    boolean saidAll = saidError && saidWhy;
    if (!saidError) {
      level(ending.level());
    }
    if (!saidAll) {
      statusMessage(ending.why());
    }
    if (!ending.cancelled()) {
      span.setStatus(StatusCode.ERROR, owner.writer().maskedText(ending.why()));
      owner.writer().writeException(span, ending);
    }
  }

  @Override
  public Generation score(@Nullable Score score) {
    SpanScores.hand(this, score == null ? null : score.observation(traceId(), id()));
    return this;
  }

  @Override
  public Generation scoreTrace(@Nullable Score score) {
    SpanScores.hand(this, score == null ? null : score.trace(traceId()));
    return this;
  }

  @Override
  public Observation event(String name, @Nullable Object input) {
    return observation(name, ObservationType.EVENT).input(input).start();
  }

  @Override
  public ObservationBuilder<Observation> observation(String name) {
    return observation(name, ObservationType.SPAN);
  }

  @Override
  public <O extends Observation> ObservationBuilder<O> observation(
      String name, ObservationType<? extends O> type) {
    return new ObservationBuilder<>(owner, this, name, type);
  }

  @Override
  public String id() {
    return span.getSpanContext().getSpanId();
  }

  @Override
  public String traceId() {
    return span.getSpanContext().getTraceId();
  }

  @Override
  public Context context() {
    if (owner.isEnabled()) {
      Context made = inside;
      // Ended, it has no claim on what is begun in it; blocks ask once, while they run.
      return made != null && span.isRecording() ? made : makeContext();
    }
    return owner == Langfuse.DISABLED ? Context.current() : makeDisabledContext();
  }

  /**
   * Under the lock, so that a context without them does not take the place of one with later
   * attributes.
   */
  private synchronized Context makeContext() {
    Inherited added = later;
    Context around = added == null ? startedIn : added.context();
    Context context = owner.fillsSpanSlot(span) ? SpanSlot.set(around, span) : around;
    context = CurrentObservation.set(context, this);
    if (inheritsAll
        && added == null) { // the client, and what its parent's context says of the trace
      inside = context;
      return context;
    }
    context = owner.storeIn(context);
    Context claimed = owner.claim(context, span);
    if (claimed == null) { // it has ended, or is not sent
      return context;
    }
    inside = claimed;
    return claimed;
  }

  /** That of whoever asks, in which this client records nothing. */
  private Context makeDisabledContext() {
    Context current = Context.current();
    if (CurrentObservation.in(current) == this && owner.storeIn(current) == current) {
      return current;
    }
    if (current != startedIn) { // around which there are other observations than at its start
      OtelObservation here = new OtelObservation(owner, span, current);
      return CurrentObservation.set(owner.storeIn(current), here);
    }
    Context made = inside;
    if (made == null) {
      made = CurrentObservation.set(owner.storeIn(current), this);
      inside = made;
    }
    return made;
  }

  /**
   * Writes these on the span, and has children inherit them, over what the observation was started
   * with. Contexts made before are not changed.
   */
  void inherit(PropagatedAttributes attributes, boolean asBaggage) {
    if (!owner.isEnabled()) {
      return;
    }
    synchronized (this) {
      Inherited before = later;
      Context around = before == null ? startedIn : before.context();
      PropagatedAttributes all = PropagatedAttributes.from(around).with(attributes);
      attributes.applyTo(span, all);
      Context context = all.storeIn(around);
      if (asBaggage) {
        context = all.storeAsBaggageOver(around, context, owner.log());
      }
      later = new Inherited(context, owner.marks(context));
      inside = null;
    }
  }

  /** The context, in which this observation is current, with what was added after the start. */
  Context withLater(Context context) {
    Inherited added = later;
    if (added == null) {
      return context;
    }
    PropagatedAttributes here = PropagatedAttributes.from(context);
    PropagatedAttributes now = PropagatedAttributes.from(added.context());
    boolean isAsAtStart = here == PropagatedAttributes.from(startedIn);
    return (isAsAtStart ? now : now.with(here)).storeIn(context);
  }

  /** Whether that span was OpenTelemetry's current one at its start. */
  boolean beganIn(Span around) {
    return Span.fromContext(startedIn) == around;
  }

  /** Whether this is what it made, and nothing else. */
  boolean isAllOf(Context context) {
    return inside == context;
  }

  Attributes marks() {
    Inherited added = later;
    return added == null ? marks : added.marks();
  }

  @Override
  @SuppressWarnings("MustBeClosedChecker") // the caller closes it
  public Scope makeCurrent() {
    return context().makeCurrent();
  }

  @Override
  public void end() {
    markIfPublished();
    if (pointInTime == null) {
      span.end();
    } else {
      span.end(pointInTime);
    }
  }

  @Override
  public void end(@Nullable Instant time) {
    Instant usable = Timestamps.usable("end", time, owner.log());
    if (usable == null) {
      end();
      return;
    }
    markIfPublished();
    span.end(usable);
  }

  /** An observation of a published trace that came without the mark would take that back. */
  private void markIfPublished() {
    if (owner.isPublished(traceId())) {
      span.setAttribute(LangfuseAttributes.TRACE_PUBLIC, true);
    }
  }

  Langfuse owner() {
    return owner;
  }

  /** The nearest observation of another client around this one. */
  @Nullable OtelObservation foreign() {
    return foreign;
  }

  /** For attributes of the scope this observation is current in. */
  Span span() {
    return span;
  }

  /**
   * @param context the one it was started in, with what was added
   * @param marks those of children
   */
  private record Inherited(Context context, Attributes marks) {}

  private OtelObservation write(AttributeKey<String> key, @Nullable Object value) {
    owner.writer().write(span, key, value);
    return this;
  }

  private OtelObservation writeMasked(AttributeKey<String> key, @Nullable Object value) {
    owner.writer().writeMasked(span, key, value);
    return this;
  }
}
