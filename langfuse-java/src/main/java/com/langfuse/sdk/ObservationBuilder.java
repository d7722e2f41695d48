package com.langfuse.sdk;

import com.langfuse.sdk.internal.LangfuseAttributes;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.context.Scope;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What is known about an observation before it starts, and the four ways to start it.
 *
 * <pre>{@code
 * String answer = langfuse.observation("ask", GENERATION)
 *     .model("gpt-4o").input(question)
 *     .call(generation -> llm.ask(question));
 * }</pre>
 *
 * <p>{@link #call}, {@link #run} and {@link #callAsync} make the observation current for their
 * block and end it, however the block is left. {@link #start} does neither: use it where start and
 * end are in different places.
 *
 * <p>For one thread and one start. Model settings are meant for {@link ObservationType#GENERATION}
 * and {@link ObservationType#EMBEDDING}.
 *
 * @param <O> what the block is handed
 */
public final class ObservationBuilder<O extends Observation> {

  private final Langfuse owner;
  private final @Nullable OtelObservation parent;
  private final String name;
  private final ObservationType<? extends O> type;

  private @Nullable Object input;
  private @Nullable Object output;
  private @Nullable Object metadata;
  private @Nullable Map<String, Object> moreMetadata;
  private @Nullable ObservationLevel level;
  private @Nullable String statusMessage;
  private @Nullable String version;
  private @Nullable String environment;
  private @Nullable String model;
  private @Nullable Map<String, ?> modelParameters;
  private @Nullable PromptReference prompt;
  private @Nullable Instant startTime;
  private @Nullable TraceContext remoteParent;

  ObservationBuilder(
      Langfuse owner,
      @Nullable OtelObservation parent,
      String name,
      ObservationType<? extends O> type) {
    this.owner = owner;
    this.parent = parent;
    this.name = name;
    this.type = ObservationType.orSpan(type);
  }

  /** See {@link Observation#input}. */
  public ObservationBuilder<O> input(@Nullable Object input) {
    this.input = input;
    return this;
  }

  /** For an {@link ObservationType#EVENT}, which has no later moment. */
  public ObservationBuilder<O> output(@Nullable Object output) {
    this.output = output;
    return this;
  }

  /** See {@link Observation#metadata(Object)}. */
  public ObservationBuilder<O> metadata(@Nullable Object metadata) {
    this.metadata = metadata;
    return this;
  }

  /** See {@link Observation#metadata(String, Object)}. */
  public ObservationBuilder<O> metadata(String key, @Nullable Object value) {
    Map<String, Object> more = moreMetadata == null ? new LinkedHashMap<>() : moreMetadata;
    if (value != null) {
      more.put(key, value);
    }
    moreMetadata = more;
    return this;
  }

  /** See {@link Observation#level}. */
  public ObservationBuilder<O> level(@Nullable ObservationLevel level) {
    this.level = level;
    return this;
  }

  /** See {@link Observation#statusMessage}. */
  public ObservationBuilder<O> statusMessage(@Nullable String statusMessage) {
    this.statusMessage = statusMessage;
    return this;
  }

  /** See {@link Observation#version}. */
  public ObservationBuilder<O> version(@Nullable String version) {
    this.version = version;
    return this;
  }

  /** See {@link Observation#environment}. */
  public ObservationBuilder<O> environment(@Nullable String environment) {
    this.environment = environment;
    return this;
  }

  /** See {@link Generation#model}. */
  public ObservationBuilder<O> model(@Nullable String model) {
    this.model = model;
    return this;
  }

  /** See {@link Generation#modelParameters}. */
  public ObservationBuilder<O> modelParameters(@Nullable Map<String, ?> modelParameters) {
    this.modelParameters = modelParameters;
    return this;
  }

  /** See {@link Generation#prompt}. */
  public ObservationBuilder<O> prompt(@Nullable PromptReference prompt) {
    this.prompt = prompt;
    return this;
  }

  /** A parent, or only a trace, from elsewhere; then nothing here is the parent. */
  public ObservationBuilder<O> parent(@Nullable TraceContext parent) {
    this.remoteParent = parent;
    return this;
  }

  /** A start in the past, from 1970 on; the time of the start is the default. */
  public ObservationBuilder<O> startTime(@Nullable Instant startTime) {
    this.startTime = startTime;
    return this;
  }

  /**
   * Starts the observation and leaves the rest to you: it is not current, and you end it, from any
   * thread. An {@link ObservationType#EVENT} is ended at once.
   */
  public O start() {
    OtelObservation observation = open();
    if (isEvent()) {
      observation.end();
    }
    return type.shape(observation);
  }

  /**
   * Runs a block as this observation and returns its result.
   *
   * <p>Kotlin infers no exception types. There write {@code observationBlocking} of {@code
   * langfuse-coroutines}, or spell the types out: {@code call<String, RuntimeException> { … }}.
   *
   * @param <T> the block's result
   * @param <E> the checked exception the block may throw; it arrives here as the same instance
   */
  public <T extends @Nullable Object, E extends Exception> T call(Call<? super O, T, E> block)
      throws E {
    Objects.requireNonNull(block, "block");
    return within(type.shape(open()), block);
  }

  /**
   * A method of its own: OpenTelemetry's strict check mistrusts a scope right below a coroutine.
   */
  private static <O extends Observation, T extends @Nullable Object, E extends Exception> T within(
      O observation, Call<? super O, T, E> block) throws E {
    try (Scope ignored = observation.makeCurrent()) {
      return block.call(observation);
    } catch (Throwable t) {
      observation.recordException(t);
      throw t;
    } finally {
      observation.end();
    }
  }

  /** Runs a block without a result as this observation; for Kotlin see {@link #call}. */
  public <E extends Exception> void run(Run<? super O, E> block) throws E {
    Objects.requireNonNull(block, "block");
    call(
        observation -> {
          block.run(observation);
          return observation;
        });
  }

  /**
   * Runs a block whose result comes later. The observation is current until the block returns, and
   * ends when its stage completes; only then does the returned future complete. Cancelling the
   * returned future cancels the block's.
   */
  public <T extends @Nullable Object> CompletableFuture<T> callAsync(
      AsyncCall<? super O, T> block) {
    Objects.requireNonNull(block, "block");
    O observation = type.shape(open());
    try (Scope ignored = observation.makeCurrent()) {
      CompletableFuture<T> source =
          sourceOf(Objects.requireNonNull(block.call(observation), "the block returned no stage"));
      // What the caller does to the result is done to the source first, so that the observation has
      // ended before anybody goes on.
      FollowedFuture<T> result = new FollowedFuture<>(source);
      CompletableFuture<Boolean> unused =
          source.handle(
              (value, thrown) -> {
                end(observation, thrown);
                return thrown == null ? result.pass(value) : result.passFailure(thrown);
              });
      return result;
    } catch (Throwable t) {
      end(observation, t);
      throw t;
    }
  }

  /** The stage as a future that can be completed and cancelled. */
  private static <T extends @Nullable Object> CompletableFuture<T> sourceOf(
      CompletionStage<T> stage) {
    if (stage.getClass() == CompletableFuture.class) {
      return (CompletableFuture<T>) stage;
    }
    CompletableFuture<T> source = new CompletableFuture<>();
    CompletionStage<Boolean> unused =
        stage.handle(
            (value, thrown) ->
                thrown == null ? source.complete(value) : source.completeExceptionally(thrown));
    CompletableFuture<T> unusedEither =
        source.whenComplete(
            (value, thrown) -> {
              if (source.isCancelled()) {
                stage.toCompletableFuture().cancel(true);
              }
            });
    return source;
  }

  private static void end(Observation observation, @Nullable Throwable thrown) {
    observation.recordException(thrown);
    observation.end();
  }

  private OtelObservation open() {
    if (!owner.isEnabled()) {
      return owner.nothing();
    }
    try {
      return record();
    } catch (RuntimeException | LinkageError e) {
      owner.log().warn("start", "An observation could not be started and is not recorded: " + e, e);
      return Langfuse.DISABLED.nothing();
    }
  }

  private OtelObservation record() {
    owner.streamReaders().endAbandoned();
    ParentSpan from = ParentSpan.of(owner, parent, remoteParent);
    if (from.isLeftOut()) {
      return new OtelObservation(from, from.leftOut(), Attributes.empty(), null);
    }
    Instant said = Timestamps.usable("startTime", startTime, owner.log());
    Instant start = said == null && isEvent() ? Instant.now() : said;
    Attributes marks = from.marks();
    SpanBuilder builder = from.tracer().spanBuilder(name);
    builder.setAttribute(LangfuseAttributes.TYPE, type.wireName());
    if (start != null) {
      builder.setStartTimestamp(start);
    }
    Span span = from.start(builder, marks);
    OtelObservation observation = new OtelObservation(from, span, marks, isEvent() ? start : null);
    // After the start, so that what is said here wins over what is propagated.
    observation
        .input(input)
        .output(output)
        .metadata(metadata)
        .metadata(moreMetadata)
        .level(level)
        .statusMessage(statusMessage)
        .version(version)
        .environment(environment)
        .model(model)
        .modelParameters(modelParameters)
        .prompt(prompt);
    return observation;
  }

  private boolean isEvent() {
    return ObservationType.EVENT.equals(type);
  }

  /** A block with a result. */
  @FunctionalInterface
  public interface Call<O, T extends @Nullable Object, E extends Exception> {
    T call(O observation) throws E;
  }

  /** A block without a result. */
  @FunctionalInterface
  public interface Run<O, E extends Exception> {
    void run(O observation) throws E;
  }

  /** A block whose result comes later. */
  @FunctionalInterface
  public interface AsyncCall<O, T extends @Nullable Object> {
    CompletionStage<T> call(O observation);
  }
}
