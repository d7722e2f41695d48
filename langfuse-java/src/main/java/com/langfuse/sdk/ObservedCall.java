package com.langfuse.sdk;

import com.langfuse.sdk.internal.QuietLog;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import org.jspecify.annotations.Nullable;

/**
 * One call of an observed function that has begun: what {@link Observed#open} gives to adapters for
 * functions that Java does not know, such as Kotlin's suspending ones. Whoever opens it ends it, by
 * {@link #follow}, {@link #fail} or the {@link #stream}; only the first end counts.
 *
 * <pre>{@code
 * ObservedCall call = langfuse.observed("fetch", RETRIEVER).open(url);
 * try (Scope scope = call.observation().makeCurrent()) {
 *   return call.follow(fetch(url));
 * } catch (Throwable t) {
 *   call.fail(t);
 *   throw t;
 * }
 * }</pre>
 *
 * <p>Threadsafe. Never throws.
 */
public final class ObservedCall {

  private final Langfuse langfuse;
  private final String name;
  private final ObservationType<?> type;
  private final ObservedOptions options;
  private final @Nullable Object input;
  private final Context caller = Context.current();
  private final ResultRecorder recorder;

  ObservedCall(
      Langfuse langfuse,
      String name,
      ObservationType<?> type,
      ObservedOptions options,
      @Nullable Object @Nullable ... arguments) {
    this.langfuse = langfuse;
    this.name = name;
    this.type = type;
    this.options = options;
    this.input = options.input(arguments);
    this.recorder = record();
  }

  /** The call's observation, with its input; not current. */
  public Observation observation() {
    return recorder.observation();
  }

  /**
   * The function has returned this. A result that is still running is followed to its end, as
   * {@link Observed} says; any other ends the observation.
   *
   * @return the result, or what stands in for it
   */
  public <R extends @Nullable Object> R follow(R result) {
    return new ResultFollower(this, name, options.returns(), langfuse.log())
        .follow(result, recorder);
  }

  /**
   * The call has ended with this, which the caller has in hand already: nothing can stand in for it
   * any more, so a stream in it is not followed, nor recorded.
   */
  public void complete(@Nullable Object result) {
    recorder.complete(ResultFollower.isRunning(result) ? null : result);
  }

  /** The function has thrown this. */
  public void fail(@Nullable Throwable thrown) {
    recorder.fail(thrown);
  }

  /**
   * For a result that comes in pieces, of a kind that {@link #follow} does not know. When nobody
   * holds the recorder any more the observation ends as level WARNING.
   */
  public StreamRecorder stream() {
    return watched(recorder);
  }

  /**
   * For a result that is read once more: a sibling of the first observation, with the same parent
   * and input.
   */
  public StreamRecorder again() {
    return watched(openAgain());
  }

  private static StreamRecorder watched(ResultRecorder recorder) {
    StreamRecorder stream = new StreamRecorder(recorder);
    StreamReaders.watch(stream, recorder);
    return stream;
  }

  <R extends @Nullable Object, E extends Exception> R run(Observed.Fn0<R, E> body) throws E {
    R result;
    try (Scope ignored = observation().makeCurrent()) {
      result = body.apply();
    } catch (Throwable t) {
      fail(t);
      throw t;
    }
    return follow(result);
  }

  ResultRecorder openAgain() {
    try (Scope ignored = caller.makeCurrent()) {
      return record();
    }
  }

  private ResultRecorder record() {
    Observation observation = langfuse.observation(name, typeWithDuration()).input(input).start();
    if (!options.captureOutput() || !ResultRecorder.isRecording(observation)) {
      return new ResultRecorder(observation, marksFirstItem(), null, null);
    }
    // A recorder must not hold the input: it may lead to the very stream whose loss it waits for.
    ObservedOptions recorded = options;
    QuietLog log = langfuse.log();
    return new ResultRecorder(
        observation,
        marksFirstItem(),
        options.collect() ? Chunks.orEmptyList() : null,
        result -> recorded.output(result, log));
  }

  private boolean marksFirstItem() {
    return type == ObservationType.GENERATION || type == ObservationType.EMBEDDING;
  }

  /** An event is over when it starts, so it could not tell how a function went. */
  private ObservationType<? extends Observation> typeWithDuration() {
    if (type != ObservationType.EVENT) {
      return type;
    }
    langfuse
        .log()
        .warn("observed-event", "An observed function is no EVENT, it is recorded as a SPAN.");
    return ObservationType.SPAN;
  }
}
