package com.langfuse.sdk;

import com.langfuse.sdk.internal.LangfuseAttributes;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.context.Scope;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The one implementation of both shapes, over one OpenTelemetry span: the span is the record,
 * nothing is kept twice.
 */
final class OtelObservation implements Generation {

  /** Nesting is read from here; the span slot of the Context is for HTTP clients and the like. */
  private static final ContextKey<OtelObservation> KEY = ContextKey.named("langfuse-observation");

  /** What disabled clients hand out, and what is current when nothing is. */
  static final OtelObservation NONE =
      new OtelObservation(Langfuse.DISABLED, Span.getInvalid(), Context.root());

  /** More metadata keys than this travel as one JSON attribute; a span's attributes are limited. */
  private static final int MAX_METADATA_ATTRIBUTES = 60;

  /** The server drops metadata that is not an object; under this key it is one. */
  private static final String WRAPPING_KEY = "metadata";

  private final Langfuse owner;
  private final Span span;
  private final Context startedIn;

  /** The nearest observation of another client around this one. */
  private final @Nullable OtelObservation foreign;

  private volatile boolean saidError;
  private volatile boolean saidWhy;

  OtelObservation(Langfuse owner, Span span, Context startedIn) {
    this.owner = owner;
    this.span = span;
    this.startedIn = startedIn;
    OtelObservation outer = startedIn.get(KEY);
    this.foreign = outer == null || outer.owner != owner ? outer : outer.foreign;
  }

  static OtelObservation current() {
    OtelObservation current = in(Context.current());
    return current == null ? NONE : current;
  }

  static @Nullable OtelObservation in(Context context) {
    return context.get(KEY);
  }

  /** The innermost observation in the context that belongs to this client. */
  static @Nullable OtelObservation in(Context context, Langfuse owner) {
    OtelObservation observation = context.get(KEY);
    while (observation != null && observation.owner != owner) {
      observation = observation.foreign;
    }
    return observation;
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
    if (metadata == null || !span.isRecording()) {
      return this;
    }
    if (!(metadata instanceof Map<?, ?> map)) {
      String text = String.valueOf(owner.encoder().encode(metadata));
      boolean object = !(metadata instanceof CharSequence) && text.startsWith("{");
      return set(LangfuseAttributes.METADATA, object ? text : Map.of(WRAPPING_KEY, metadata));
    }
    if (map.size() > MAX_METADATA_ATTRIBUTES) {
      return set(LangfuseAttributes.METADATA, map);
    }
    try {
      map.forEach((key, value) -> metadata(String.valueOf(key), value));
    } catch (RuntimeException e) {
      owner.log().warn("metadata", "A metadata map could not be read.", e);
    }
    return this;
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
    saidWhy = statusMessage != null;
    return set(LangfuseAttributes.STATUS_MESSAGE, statusMessage);
  }

  @Override
  public Generation version(@Nullable String version) {
    return set(LangfuseAttributes.VERSION, version);
  }

  @Override
  public Generation environment(@Nullable String environment) {
    return set(LangfuseAttributes.ENVIRONMENT, environment);
  }

  @Override
  public Generation model(@Nullable String model) {
    return set(LangfuseAttributes.MODEL, model);
  }

  @Override
  public Generation modelParameters(@Nullable Map<String, ?> parameters) {
    if (parameters == null) {
      return this;
    }
    Map<String, Object> given = new LinkedHashMap<>();
    parameters.forEach(
        (name, value) -> {
          if (value != null) {
            given.put(name, value);
          }
        });
    return set(LangfuseAttributes.MODEL_PARAMETERS, given);
  }

  @Override
  public Generation usageDetails(@Nullable Usage usage) {
    return usage == null ? this : usageDetails(usage.asMap());
  }

  @Override
  public Generation usageDetails(@Nullable Map<String, ? extends Number> usage) {
    return set(LangfuseAttributes.USAGE_DETAILS, usage);
  }

  @Override
  public Generation costDetails(@Nullable Map<String, ? extends Number> cost) {
    return set(LangfuseAttributes.COST_DETAILS, cost);
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
    if (thrown == null || !span.isRecording()) {
      return this;
    }
    Throwable cause = unwrapped(thrown);
    boolean keep = saidError && saidWhy;
    if (cause instanceof CancellationException || cause instanceof InterruptedException) {
      if (!saidError) {
        level(ObservationLevel.WARNING);
      }
      return keep ? this : statusMessage(why(cause, "cancelled"));
    }
    String why = why(cause, cause.getClass().getSimpleName());
    level(ObservationLevel.ERROR);
    if (!keep) {
      statusMessage(why);
    }
    span.setStatus(StatusCode.ERROR, why);
    try {
      span.recordException(cause);
    } catch (RuntimeException e) {
      owner.log().warn("exception", "An exception could not be recorded.", e);
    }
    return this;
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
    return this == NONE ? Context.current() : owner.storeIn(withSpan(startedIn)).with(KEY, this);
  }

  @Override
  @SuppressWarnings("MustBeClosedChecker") // the caller closes it
  public Scope makeCurrent() {
    return this == NONE ? Scope.noop() : context().makeCurrent();
  }

  @Override
  public void end() {
    span.end();
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

  private static Throwable unwrapped(Throwable thrown) {
    Throwable cause = thrown.getCause();
    boolean wrapper = thrown instanceof CompletionException || thrown instanceof ExecutionException;
    return wrapper && cause != null ? cause : thrown;
  }

  private static String why(Throwable thrown, String otherwise) {
    try {
      String message = thrown.getMessage();
      return message == null || message.isBlank() ? otherwise : message;
    } catch (RuntimeException e) {
      return otherwise;
    }
  }
}
