package com.langfuse.sdk;

import com.langfuse.sdk.score.Score;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A running step of your program, as Langfuse will show it.
 *
 * <p>Every method may be called from any thread, takes null for "nothing to say", and never throws:
 * what cannot be recorded becomes a marker text. After {@link #end} all of them do nothing, except
 * that scores may come later. A later value replaces an earlier one; metadata is kept key by key.
 *
 * <pre>{@code
 * Observation search = langfuse.observation("search", RETRIEVER).input(query).start();
 * search.output(documents).metadata("index", "wiki").end();
 * }</pre>
 *
 * Implemented by the SDK only; methods may be added.
 */
public interface Observation {

  /**
   * The observation whose block this code runs in; one that ignores everything when there is none.
   *
   * <p>Where the client in the context (or the process default) shares a tracer provider with other
   * libraries, a library's span that is current inside and that Langfuse gets as well counts too.
   */
  static Observation current() {
    return CurrentObservation.orNowhere();
  }

  /** Renames it: for a name that is known only later. */
  Observation name(@Nullable String name);

  /** Changes what Langfuse shows it as; nothing else does. */
  Observation type(@Nullable ObservationType<?> type);

  /**
   * What went in: a text is kept as it is, anything else is written as JSON. It is taken as it is
   * now: what is done to it later does not show. Lists, maps, arrays and records of plain values
   * are copied, which is cheap, and written when they leave; anything else is written at once.
   */
  Observation input(@Nullable Object input);

  /** What came out; encoded like {@link #input}. */
  Observation output(@Nullable Object output);

  /**
   * Facts to filter by: a map (or a record, a bean), of which Langfuse filters on the top-level
   * keys only. Anything else is kept under the key {@code metadata}.
   */
  Observation metadata(@Nullable Object metadata);

  /** One more fact; a null value is left out. */
  Observation metadata(String key, @Nullable Object value);

  Observation level(@Nullable ObservationLevel level);

  /** A short text beside the level: what went wrong, or what is unusual. */
  Observation statusMessage(@Nullable String statusMessage);

  /** The version of your code for this step; wins over a propagated one. */
  Observation version(@Nullable String version);

  /** The environment of this observation alone; wins over the client's and a propagated one. */
  Observation environment(@Nullable String environment);

  /**
   * Records how this step went wrong, without ending it. Blocks do this by themselves.
   *
   * <p>A cancellation ({@link java.util.concurrent.CancellationException}, which is Kotlin's too,
   * or {@link InterruptedException}) is level WARNING with its message; anything else is level
   * ERROR, with an exception event. A level ERROR with status message that you set yourself stays.
   */
  Observation recordException(@Nullable Throwable thrown);

  /**
   * Judges this observation. May come long after its end; has its environment, unless the score
   * says otherwise; is left out where its trace is not sampled.
   *
   * <pre>{@code
   * Observation.current().score(Score.categorical("tone", "friendly").comment("by a human"));
   * }</pre>
   */
  Observation score(@Nullable Score score);

  /** Judges this observation by a number. */
  default Observation score(String name, double value) {
    return score(Score.numeric(name, value));
  }

  /** Judges the trace as a whole; otherwise like {@link #score(Score)}. */
  Observation scoreTrace(@Nullable Score score);

  /**
   * Lets everyone with the trace's link see it. Cannot be taken back here.
   *
   * <p>Observations of the trace that end later in this process carry the mark, too: some servers
   * go by the last one. Call it early, best on the root.
   */
  Observation publishTrace();

  /**
   * Input and output of the trace apart from its root observation's.
   *
   * @deprecated Langfuse shows the root observation's input and output as the trace's; servers of
   *     the current line ignore these.
   */
  @Deprecated
  Observation setTraceIo(@Nullable Object input, @Nullable Object output);

  /** A child that is a point in time: something happened. Ended already when it is returned. */
  Observation event(String name, @Nullable Object input);

  /**
   * A child of this observation, whatever the current one is. It also gets the user, session and
   * tags that this observation was started with.
   */
  ObservationBuilder<Observation> observation(String name);

  /** A child of this observation, of a given type. */
  <O extends Observation> ObservationBuilder<O> observation(
      String name, ObservationType<? extends O> type);

  /**
   * 16 hex digits, for log lines, headers and scores that come later. Where nothing is recorded
   * (without keys, or where no observation is current) all of them are zero, which is
   * OpenTelemetry's id of no span.
   */
  String id();

  /**
   * 32 hex digits, those of {@code traceparent}. Where nothing is recorded all of them are zero,
   * which is OpenTelemetry's id of no trace: scores and links to it go nowhere.
   */
  String traceId();

  /**
   * The context this observation was started in, with the observation in it: what a child on
   * another thread needs. Wrap tasks with {@link Context#wrap(Runnable)}.
   */
  Context context();

  /**
   * Makes {@link #context()} current on this thread until the scope is closed, on the same thread.
   * Does not end the observation. Not for code that suspends: in coroutines use the block or {@code
   * asContextElement()}.
   *
   * <pre>{@code
   * try (Scope scope = observation.makeCurrent()) {
   *   langfuse.observation("child").run(child -> …);
   * }
   * }</pre>
   */
  Scope makeCurrent();

  /** Ends it now. Only the first end counts. */
  void end();

  /**
   * Ends it at a time of your own, such as when importing history.
   *
   * @param time from 1970 to 2262; null, and with a warning any other, ends it now
   */
  void end(@Nullable Instant time);
}
