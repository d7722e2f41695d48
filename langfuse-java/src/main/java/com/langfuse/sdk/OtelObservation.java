package com.langfuse.sdk;

import com.langfuse.sdk.internal.LangfuseAttributes;
import com.langfuse.sdk.internal.Settings;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The one implementation of both shapes, over one OpenTelemetry span: the span is the record,
 * nothing is kept twice.
 */
final class OtelObservation implements Generation {

  /** What is current when nothing is. */
  static final OtelObservation NONE =
      new OtelObservation(Langfuse.DISABLED, Span.getInvalid(), Context.root());

  /** More metadata keys than this travel as one JSON attribute; a span's attributes are limited. */
  private static final int MAX_METADATA_ATTRIBUTES = 60;

  /** The server drops metadata that is not an object; under this key it is one. */
  private static final String WRAPPING_KEY = "metadata";

  private final Langfuse owner;
  private final Span span;
  private final Context startedIn;

  private final @Nullable OtelObservation foreign;

  /** For an event, which ends when it starts. */
  private final @Nullable Instant pointInTime;

  private volatile boolean saidError;
  private volatile boolean saidWhy;

  OtelObservation(Langfuse owner, Span span, Context startedIn) {
    this(owner, span, startedIn, null);
  }

  OtelObservation(Langfuse owner, Span span, Context startedIn, @Nullable Instant pointInTime) {
    this.owner = owner;
    this.span = span;
    this.startedIn = startedIn;
    this.pointInTime = pointInTime;
    OtelObservation outer = CurrentObservation.in(startedIn);
    this.foreign = outer == null || outer.owner != owner ? outer : outer.foreign;
  }

  static OtelObservation current() {
    OtelObservation current = CurrentObservation.in(Context.current());
    return current == null ? NONE : current;
  }

  @Override
  public Generation input(@Nullable Object input) {
    return set(LangfuseAttributes.INPUT, input);
  }

  @Override
  public Generation output(@Nullable Object output) {
    return set(LangfuseAttributes.OUTPUT, output);
  }

  @Override
  public Generation metadata(@Nullable Object metadata) {
    if (metadata == null) {
      return this;
    }
    return quietly(
        () -> {
          Map<?, ?> fields =
              metadata instanceof Map<?, ?> map ? map : owner.encoder().encodeFields(metadata);
          if (fields == null) {
            set(LangfuseAttributes.METADATA, Map.of(WRAPPING_KEY, metadata));
          } else if (fields.size() > MAX_METADATA_ATTRIBUTES) {
            set(LangfuseAttributes.METADATA, fields);
          } else {
            fields.forEach((key, value) -> metadata(String.valueOf(key), value));
          }
        });
  }

  @Override
  public Generation metadata(String key, @Nullable Object value) {
    return value == null ? this : set(LangfuseAttributes.metadata(key), value);
  }

  @Override
  public Generation level(@Nullable ObservationLevel level) {
    if (level != null) {
      saidError = level == ObservationLevel.ERROR;
      span.setAttribute(LangfuseAttributes.LEVEL, level.name());
    }
    return this;
  }

  @Override
  public Generation statusMessage(@Nullable String statusMessage) {
    saidWhy |= statusMessage != null;
    return set(LangfuseAttributes.STATUS_MESSAGE, statusMessage);
  }

  @Override
  public Generation version(@Nullable String version) {
    return set(LangfuseAttributes.VERSION, version);
  }

  @Override
  public Generation environment(@Nullable String environment) {
    if (environment != null && !Settings.isEnvironment(environment)) {
      owner
          .log()
          .warn(
              "environment",
              "Environment '" + environment + "' is not sent: " + Settings.ENVIRONMENT_RULE);
      return this;
    }
    return set(LangfuseAttributes.ENVIRONMENT, environment);
  }

  @Override
  public Generation model(@Nullable String model) {
    return set(LangfuseAttributes.MODEL, model);
  }

  @Override
  public Generation modelParameters(@Nullable Map<String, ?> parameters) {
    return selected(LangfuseAttributes.MODEL_PARAMETERS, parameters, value -> true);
  }

  @Override
  public Generation usageDetails(@Nullable Usage usage) {
    return usage == null ? this : usageDetails(usage.asMap());
  }

  @Override
  public Generation usageDetails(@Nullable Map<String, ? extends Number> usage) {
    return selected(LangfuseAttributes.USAGE_DETAILS, usage, value -> value.longValue() >= 0);
  }

  @Override
  public Generation costDetails(@Nullable Map<String, ? extends Number> cost) {
    return selected(
        LangfuseAttributes.COST_DETAILS,
        cost,
        value -> value.doubleValue() >= 0 && value.doubleValue() < Double.POSITIVE_INFINITY);
  }

  /** The entries that Langfuse takes; it has no word for null, a negative price or count. */
  private <T> Generation selected(
      AttributeKey<String> key, @Nullable Map<String, ? extends T> map, Predicate<T> isUsable) {
    if (map == null) {
      return this;
    }
    return quietly(
        () -> {
          Map<String, T> usable = new LinkedHashMap<>();
          map.forEach(
              (name, value) -> {
                if (value != null && isUsable.test(value)) {
                  usable.put(name, value);
                }
              });
          set(key, usable);
        });
  }

  @Override
  public Generation completionStartTime(@Nullable Instant time) {
    return set(
        LangfuseAttributes.COMPLETION_START_TIME,
        time == null ? null : time.truncatedTo(ChronoUnit.MICROS));
  }

  @Override
  public Generation prompt(@Nullable PromptReference prompt) {
    if (prompt == null) {
      return this;
    }
    if (!prompt.isReal()) {
      owner
          .log()
          .warn("prompt", "A prompt link needs a name and a version from 1 on: " + prompt + ".");
      return this;
    }
    span.setAttribute(LangfuseAttributes.PROMPT_NAME, prompt.name());
    span.setAttribute(LangfuseAttributes.PROMPT_VERSION, (long) prompt.version());
    return this;
  }

  @Override
  public Generation recordException(@Nullable Throwable thrown) {
    return thrown == null ? this : quietly(() -> record(Ending.by(thrown)));
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
      span.setStatus(StatusCode.ERROR, ending.why());
      span.recordException(ending.cause());
    }
  }

  @Override
  public ObservationBuilder<Observation> observation(String name) {
    return observation(name, ObservationType.SPAN);
  }

  @Override
  public <O extends Observation> ObservationBuilder<O> observation(
      String name, ObservationType<O> type) {
    return new ObservationBuilder<>(owner, this, name, type);
  }

  @Override
  public @Nullable String id() {
    SpanContext context = span.getSpanContext();
    return context.isValid() ? context.getSpanId() : null;
  }

  @Override
  public @Nullable String traceId() {
    SpanContext context = span.getSpanContext();
    return context.isValid() ? context.getTraceId() : null;
  }

  @Override
  public Context context() {
    if (owner.isEnabled()) {
      return CurrentObservation.set(owner.storeIn(withSpan(startedIn)), this);
    }
    Context current = Context.current();
    boolean inside = this == NONE || CurrentObservation.in(current) == this;
    return inside ? current : CurrentObservation.set(owner.storeIn(current), this);
  }

  @Override
  @SuppressWarnings("MustBeClosedChecker") // the caller closes it
  public Scope makeCurrent() {
    return context().makeCurrent();
  }

  @Override
  public void end() {
    if (pointInTime == null) {
      span.end();
    } else {
      span.end(pointInTime);
    }
  }

  @Override
  public void end(Instant time) {
    span.end(time);
  }

  /** The context with our span in the span slot, as far as whoever rules that slot allows. */
  Context withSpan(Context context) {
    if (Span.fromContext(context) == span) {
      return context;
    }
    Context with = context.with(span);
    // OpenTelemetry's Java agent takes no span that is not its own, but it takes a remote one.
    return isIn(with) ? with : context.with(Span.wrap(span.getSpanContext()));
  }

  private boolean isIn(Context context) {
    return Span.fromContext(context).getSpanContext().equals(span.getSpanContext());
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

  private Generation set(AttributeKey<String> key, @Nullable Object value) {
    if (value != null && span.isRecording()) {
      span.setAttribute(key, owner.encoder().encode(value));
    }
    return this;
  }

  /** Runs what reads values of the application's, which may throw at any touch. */
  private Generation quietly(Runnable recording) {
    if (span.isRecording()) {
      try {
        recording.run();
      } catch (Throwable t) {
        owner.log().warn("record", "A value could not be recorded: " + t.getClass().getName(), t);
      }
    }
    return this;
  }
}
