package com.langfuse.sdk;

import com.langfuse.sdk.export.FlushReport;
import com.langfuse.sdk.export.LangfuseSpanProcessor;
import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.line.Line;
import com.langfuse.sdk.propagation.PropagatedAttributes;
import com.langfuse.sdk.score.Score;
import com.langfuse.sdk.score.ScoreDelivery;
import com.langfuse.sdk.score.Scores;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.TraceId;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The door to tracing: opens observations, propagates attributes, flushes. One instance serves the
 * whole process; it may be used from any thread.
 *
 * <pre>{@code
 * try (Langfuse langfuse = Langfuse.fromEnv()) {            // LANGFUSE_PUBLIC_KEY, LANGFUSE_SECRET_KEY
 *   langfuse.observation("greet").input("Ada").run(greet -> greet.output("Hello Ada"));
 * }
 * }</pre>
 *
 * <p>A client that is not closed delivers what it has all the same, or counts and logs it as lost;
 * some seconds later its threads and connections end, and start again with the next observation.
 * When the application is redeployed, such a client goes with the application's class loader once
 * nothing waits to be delivered; with a spool and a server that does not answer, that can be never.
 *
 * <p>Without keys the client is disabled: it says so once, and all blocks run as if it were not
 * there. It never becomes OpenTelemetry's global, and closes only what it built itself.
 */
public final class Langfuse implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final ContextKey<Langfuse> KEY = ContextKey.named("langfuse-client");

  static final Langfuse DISABLED = disabled(new QuietLog(false));

  private final Wiring wiring;
  private final @Nullable LangfuseSpanProcessor processor;
  private final @Nullable ExitHook exitHook;
  private final StreamReaders streamReaders = new StreamReaders();

  /** What a disabled client hands out where nothing is current. */
  private final OtelObservation nowhere;

  /** For {@link ProcessDefault}, and guarded by it. */
  private @Nullable Set<Langfuse> holder;

  Langfuse(Wiring wiring) {
    this.wiring = wiring;
    this.processor = wiring.processor();
    this.nowhere = new OtelObservation(this, Span.getInvalid(), Context.root());
    Duration exitTimeout = wiring.exitTimeout();
    Line line = processor == null ? null : processor.line();
    this.exitHook =
        exitTimeout == null || processor == null || line == null
            ? null
            : ExitHook.install(this, exitTimeout, line, processor.rewriter());
  }

  /** A client that records nothing. */
  static Langfuse disabled(QuietLog log) {
    return new Langfuse(Wiring.disabled(SpanWriter.disabled(log)));
  }

  /** A client configured by the {@code LANGFUSE_*} environment variables alone. */
  public static Langfuse fromEnv() {
    return builder().build();
  }

  /** A client configured in code; what is not said is taken from the environment. */
  public static LangfuseBuilder builder() {
    return new LangfuseBuilder(System::getenv);
  }

  /**
   * The client for code that was handed none: the one whose observation or scope this code runs in,
   * else the process default.
   *
   * <p>The process default is the first client that was built, until it is closed; then the next
   * one that is open. One that records comes before disabled ones, and one built by {@link
   * LangfuseBuilder#buildGlobal} before all others. Where none was ever built, one is made from the
   * environment on first use. {@link LangfuseBuilder#processDefault} keeps a client out of this.
   *
   * @return never null; a disabled one where the environment has no keys
   */
  public static Langfuse current() {
    Langfuse here = Context.current().get(KEY);
    return here == null ? ProcessDefault.INSTANCE.get() : here;
  }

  /** Prepares an observation of type {@link ObservationType#SPAN}. */
  public ObservationBuilder<Observation> observation(String name) {
    return observation(name, ObservationType.SPAN);
  }

  /**
   * Prepares an observation. Its parent is this client's current observation; without one, a new
   * trace begins.
   *
   * @param type one of the constants of {@link ObservationType}, which also decides what the block
   *     is handed
   */
  public <O extends Observation> ObservationBuilder<O> observation(
      String name, ObservationType<? extends O> type) {
    return new ObservationBuilder<>(this, null, name, type);
  }

  /**
   * Prepares functions that are observed each time they are called: {@code
   * langfuse.observed("fetch", RETRIEVER).function(this::fetch)}.
   */
  public <O extends Observation> Observed<O> observed(
      String name, ObservationType<? extends O> type) {
    ObservedOptions options = ObservedOptions.capturing(wiring.captureIo());
    return new Observed<>(this, name, ObservationType.orSpan(type), options);
  }

  /** Prepares a scope whose observations share user, session, tags and the like. */
  public Propagation propagate() {
    return new Propagation(this);
  }

  /** Judges what is not at hand as an observation: by ids, perhaps long afterwards. */
  public Scores scores() {
    ScoreDelivery scores = wiring.scores();
    return scores == null ? score -> {} : scores;
  }

  /** False when keys are missing or tracing is switched off: then nothing is recorded. */
  public boolean isEnabled() {
    return processor != null;
  }

  /**
   * Where Langfuse shows a trace: {@code BASE/project/PROJECT/traces/TRACE}, the only form that
   * servers of every version open. Asks the server for the project of the keys once, so the first
   * call may block as long as one HTTP request. When the server does not say, a warning gives the
   * reason, and it is not asked again for a minute.
   *
   * @param traceId as from {@link Observation#traceId()}; null gives null
   * @return null when tracing is disabled, the project is not known, or it is the id of no trace;
   *     the search field of Langfuse's trace list finds a trace id, too
   */
  public @Nullable String traceUrl(@Nullable String traceId) {
    return processor == null || traceId == null || traceId.equals(TraceId.getInvalid())
        ? null
        : processor.traceUrl(traceId);
  }

  /**
   * Sends everything that has ended so far, and tells the truth about it.
   *
   * @param timeout after which it returns, whatever the network does; zero or less does not wait
   * @return what became of it since the last report
   * @throws NullPointerException if the timeout is null
   */
  public FlushReport flush(Duration timeout) {
    Objects.requireNonNull(timeout, "timeout");
    streamReaders.endAbandoned();
    return processor == null ? FlushReport.EMPTY : processor.flush(timeout);
  }

  /** What became of everything since this client was made; a look that waits for nothing. */
  public FlushReport delivery() {
    return processor == null ? FlushReport.EMPTY : processor.delivery();
  }

  /** {@link #flush(Duration)} with ten seconds. */
  public FlushReport flush() {
    return flush(PATIENCE);
  }

  /**
   * Flushes for at most this long, then stops the client's threads. May be called again. What ends
   * later is not recorded, and counted as dropped. On a tracer provider of the application's it
   * only flushes: closing that provider ends the rest.
   *
   * @param timeout zero or less does not wait; what has not been sent by then is dropped
   * @throws NullPointerException if the timeout is null; then nothing is closed
   */
  public FlushReport close(Duration timeout) {
    Objects.requireNonNull(timeout, "timeout");
    streamReaders.endAbandoned();
    ProcessDefault.INSTANCE.remove(this);
    if (exitHook != null) {
      exitHook.remove();
    }
    return wiring.ownsProvider() && processor != null ? processor.close(timeout) : flush(timeout);
  }

  /**
   * {@link #close(Duration)} with ten seconds; with about two where the server cannot be reached,
   * such as when connections are refused, the host is unknown or its certificate is not trusted.
   */
  @Override
  public void close() {
    closeIfReachable(PATIENCE);
  }

  /** Closes, and does not wait for a server that cannot be reached. */
  FlushReport closeIfReachable(Duration timeout) {
    Line line = processor == null ? null : processor.line();
    if (line == null) {
      return close(timeout);
    }
    line.giveUpIfUnreachable(true);
    try {
      return close(timeout);
    } finally {
      line.giveUpIfUnreachable(false); // on a provider of the application's it goes on
    }
  }

  /** Enters a set that keeps this client from being collected, and leaves the one it was in. */
  void heldBy(@Nullable Set<Langfuse> clients) {
    if (holder != null) {
      holder.remove(this);
    }
    holder = clients;
    if (clients != null) {
      clients.add(this);
    }
  }

  Context storeIn(Context context) {
    return context.get(KEY) == this ? context : context.with(KEY, this);
  }

  /** What a new observation is a child of; invalid for a root. Never another client's. */
  Span parentSpan(Context context) {
    Span sent = sentSpan(context);
    if (sent != null) {
      return sent;
    }
    boolean apart = wiring.separate() || CurrentObservation.isRecordingIn(context);
    return apart ? Span.getInvalid() : Span.fromContext(context);
  }

  /** The span that a scope may write on: one that Langfuse gets. */
  Span writableSpan(Context context) {
    Span sent = sentSpan(context);
    return sent == null ? Span.getInvalid() : sent;
  }

  /** The innermost span that goes to our project: a library's, or our own observation's. */
  private @Nullable Span sentSpan(Context context) {
    Span ofLibrary = librarySpan(context);
    OtelObservation own = ofLibrary == null ? CurrentObservation.in(context, this) : null;
    return own == null ? ofLibrary : own.span();
  }

  /**
   * On a provider that we share, a library's span reaches Langfuse, too; null where it is not the
   * innermost one of those that do.
   */
  @Nullable Span librarySpan(Context context) {
    if (wiring.ownsProvider() || processor == null) {
      return null;
    }
    Span innermost = Span.fromContext(context);
    // Separate observations do not show in the span slot, though they may be further in.
    OtelObservation own = wiring.separate() ? CurrentObservation.in(context, this) : null;
    boolean isAround = own != null && own.beganIn(innermost);
    return !isAround && processor.sends(innermost) ? innermost : null;
  }

  /**
   * What a disabled client hands out: it keeps the others' observations apart, and records nothing.
   */
  OtelObservation nothing() {
    Context context = Context.current();
    OtelObservation here = CurrentObservation.in(context);
    if (here != null && here.owner() == this && storeIn(context) == context) {
      return here;
    }
    return context == Context.root()
        ? nowhere()
        : new OtelObservation(this, Span.getInvalid(), context);
  }

  OtelObservation nowhere() {
    return nowhere;
  }

  /** The client in the context, else the process default if there is one yet. */
  static Langfuse in(Context context) {
    Langfuse here = context.get(KEY);
    Langfuse found = here == null ? ProcessDefault.INSTANCE.peek() : here;
    return found == null ? DISABLED : found;
  }

  /**
   * Says, here and to services that are called from here, that the trace has its top-most span;
   * null if it has not.
   */
  @Nullable Context claim(Context context, Span span) {
    if (processor == null || !span.getSpanContext().isSampled()) {
      return null;
    }
    String traceId = span.getSpanContext().getTraceId();
    boolean inBaggage = wiring.claimsInBaggage() && !wiring.separate();
    boolean isClaimed =
        processor.hasClaim(context, traceId)
            && (!inBaggage || traceId.equals(PropagatedAttributes.claimIn(context)));
    if (isClaimed) {
      return context;
    }
    if (!processor.sends(span)) {
      return null;
    }
    Context claimed = processor.claim(context, span);
    return inBaggage ? PropagatedAttributes.claim(traceId, claimed) : claimed;
  }

  /** Lets spans of this trace that end later carry the public mark. */
  void publish(String traceId) {
    if (processor != null) {
      processor.publish(traceId);
    }
  }

  boolean isPublished(String traceId) {
    return processor != null && processor.isPublished(traceId);
  }

  Attributes marks(Context context) {
    return processor == null ? Attributes.empty() : processor.marks(context);
  }

  Context prepare(
      SpanBuilder builder,
      Attributes marks,
      Context context,
      Span parent,
      @Nullable String traceId) {
    return processor == null
        ? context
        : processor.prepare(builder, marks, context, parent, traceId);
  }

  /** An unsampled span in the slot would have the application's tracers give up on their own. */
  boolean fillsSpanSlot(Span span) {
    return !wiring.separate() && (!wiring.ownsProvider() || span.getSpanContext().isSampled());
  }

  /** A score of a trace that is sent. */
  void score(Score score, @Nullable String environment) {
    ScoreDelivery scores = wiring.scores();
    if (scores != null) {
      scores.create(score, environment);
    }
  }

  /**
   * Of all of them, which are ours: it makes the trace ids that it is told, and samples by them.
   */
  boolean ownsProvider() {
    return wiring.ownsProvider();
  }

  Tracer tracer() {
    return wiring.tracer();
  }

  /** For a root whose trace id is given, on a provider of our own. */
  Tracer choosingTracer() {
    return wiring.choosingTracer();
  }

  SpanWriter writer() {
    return wiring.writer();
  }

  StreamReaders streamReaders() {
    return streamReaders;
  }

  QuietLog log() {
    return wiring.writer().log();
  }
}
