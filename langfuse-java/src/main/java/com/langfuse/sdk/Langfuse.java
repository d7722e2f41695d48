package com.langfuse.sdk;

import com.langfuse.sdk.export.FlushReport;
import com.langfuse.sdk.export.LangfuseSpanProcessor;
import com.langfuse.sdk.internal.JsonEncoder;
import com.langfuse.sdk.internal.QuietLog;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.TracerProvider;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
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
 * <p>Without keys the client is disabled: it says so once, and all blocks run as if it were not
 * there. It never becomes OpenTelemetry's global, and closes only what it built itself.
 */
public final class Langfuse implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final ContextKey<Langfuse> KEY = ContextKey.named("langfuse-client");
  private static final AtomicReference<@Nullable Langfuse> PROCESS_DEFAULT =
      new AtomicReference<>();

  static final Langfuse DISABLED = new Langfuse(new QuietLog(false));

  private final Tracer tracer;
  private final @Nullable LangfuseSpanProcessor processor;
  private final JsonEncoder encoder;
  private final QuietLog log;
  private final @Nullable ExitHook exitHook;

  /** A client that records nothing. */
  Langfuse(QuietLog log) {
    this(TracerProvider.noop().get("disabled"), null, log, false);
  }

  Langfuse(
      Tracer tracer, @Nullable LangfuseSpanProcessor processor, QuietLog log, boolean flushOnExit) {
    this.tracer = tracer;
    this.processor = processor;
    this.encoder = new JsonEncoder(log);
    this.log = log;
    this.exitHook = flushOnExit ? ExitHook.install(this) : null;
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
   * else the process default. The default is the one built by {@link LangfuseBuilder#buildGlobal},
   * or else one configured by the environment, made on first use.
   */
  public static Langfuse current() {
    Langfuse here = Context.current().get(KEY);
    return here == null ? processDefault() : here;
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
      String name, ObservationType<O> type) {
    return new ObservationBuilder<>(this, null, name, type);
  }

  /** Prepares a scope whose observations share user, session, tags and the like. */
  public Propagation propagate() {
    return new Propagation(this);
  }

  /** The current context with this client in it, so that {@link #current} finds it there. */
  public Context context() {
    return storeIn(Context.current());
  }

  /** False when keys are missing or tracing is switched off: then nothing is recorded. */
  public boolean isEnabled() {
    return processor != null;
  }

  /**
   * Sends everything that has ended so far, and tells the truth about it.
   *
   * @param timeout after which it returns, whatever the network does
   */
  public FlushReport flush(Duration timeout) {
    return processor == null ? FlushReport.EMPTY : processor.flush(timeout);
  }

  /** {@link #flush(Duration)} with ten seconds. */
  public FlushReport flush() {
    return flush(PATIENCE);
  }

  /**
   * Flushes for at most this long, then stops the client's threads. May be called again. What ends
   * later is not recorded, and counted as dropped.
   */
  public FlushReport close(Duration timeout) {
    if (exitHook != null) {
      exitHook.remove();
    }
    return processor == null ? FlushReport.EMPTY : processor.close(timeout);
  }

  /** {@link #close(Duration)} with ten seconds. */
  @Override
  public void close() {
    close(PATIENCE);
  }

  static boolean offerProcessDefault(Langfuse langfuse) {
    return PROCESS_DEFAULT.compareAndSet(null, langfuse);
  }

  private static Langfuse processDefault() {
    Langfuse found = PROCESS_DEFAULT.get();
    while (found == null) {
      Langfuse made = LangfuseBuilder.fromEnvOrDisabled();
      if (offerProcessDefault(made)) {
        return made;
      }
      made.close();
      found = PROCESS_DEFAULT.get();
    }
    return found;
  }

  Context storeIn(Context context) {
    return context.get(KEY) == this ? context : context.with(KEY, this);
  }

  /** The current context, with our innermost observation in the span slot. */
  Context parentContext() {
    Context context = Context.current();
    OtelObservation own = CurrentObservation.in(context, this);
    if (own != null) {
      return own.withSpan(context);
    }
    // The span of another client's observation is in another project: no parent of ours.
    return CurrentObservation.isRecordingIn(context) ? context.with(Span.getInvalid()) : context;
  }

  /** Our innermost observation's span; without one the application's, never another client's. */
  Span currentSpan(Context context) {
    OtelObservation own = CurrentObservation.in(context, this);
    if (own != null) {
      return own.span();
    }
    return CurrentObservation.isRecordingIn(context)
        ? Span.getInvalid()
        : Span.fromContext(context);
  }

  /**
   * What a disabled client hands out: it keeps the others' observations apart, and records nothing.
   */
  OtelObservation nothing() {
    return new OtelObservation(this, Span.getInvalid(), Context.current());
  }

  Tracer tracer() {
    return tracer;
  }

  JsonEncoder encoder() {
    return encoder;
  }

  QuietLog log() {
    return log;
  }
}
