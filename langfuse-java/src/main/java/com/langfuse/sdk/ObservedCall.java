package com.langfuse.sdk;

import com.langfuse.sdk.internal.QuietLog;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import org.jspecify.annotations.Nullable;

/** One call of an observed function: opens its observation, and another when a result is reread. */
final class ObservedCall<O extends Observation> {

  private final Langfuse langfuse;
  private final String name;
  private final ObservationType<O> type;
  private final ObservedOptions options;
  private final @Nullable Object input;
  private final Context caller = Context.current();

  ObservedCall(
      Langfuse langfuse,
      String name,
      ObservationType<O> type,
      ObservedOptions options,
      @Nullable Object... arguments) {
    this.langfuse = langfuse;
    this.name = name;
    this.type = type;
    this.options = options;
    this.input = options.input(arguments);
  }

  <R extends @Nullable Object, E extends Exception> R run(Observed.Fn0<R, E> body) throws E {
    ResultRecorder recorder = open();
    R result;
    try (Scope ignored = recorder.observation().makeCurrent()) {
      result = body.apply();
    } catch (Throwable t) {
      recorder.fail(t);
      throw t;
    }
    return new ResultFollower(this, name, options.returns(), langfuse.log())
        .follow(result, recorder);
  }

  /** A sibling of the first observation: same parent, same input. */
  ResultRecorder openAgain() {
    try (Scope ignored = caller.makeCurrent()) {
      return open();
    }
  }

  private ResultRecorder open() {
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
