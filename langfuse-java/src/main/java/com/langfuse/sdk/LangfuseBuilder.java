package com.langfuse.sdk;

import com.langfuse.sdk.export.LangfuseSpanProcessor;
import com.langfuse.sdk.internal.LangfuseAttributes;
import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.internal.SdkVersion;
import com.langfuse.sdk.internal.Settings;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanLimits;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Configures a client. Each setting is taken from the call here, else from its environment
 * variable, else from its default; {@link #build} throws {@link IllegalArgumentException} for a
 * value that cannot work, naming the setting and what to write instead.
 *
 * <pre>{@code
 * Langfuse langfuse = Langfuse.builder()
 *     .publicKey("pk-lf-…").secretKey("sk-lf-…").baseUrl("https://us.cloud.langfuse.com")
 *     .environment("production").release("1.4.2")
 *     .build();
 * }</pre>
 */
public final class LangfuseBuilder {

  /** OpenTelemetry's default of 128 silently drops attributes of rich observations. */
  private static final int MAX_ATTRIBUTES = 4096;

  private @Nullable String publicKey;
  private @Nullable String secretKey;
  private URI baseUrl;
  private @Nullable String environment;
  private @Nullable String release;
  private Duration timeout;
  private int flushAt;
  private Duration flushInterval;
  private boolean tracingEnabled;
  private double sampleRate;
  private boolean debug;
  private boolean flushOnExit = true;

  LangfuseBuilder(Function<String, @Nullable String> environmentVariables) {
    Settings env = Settings.fromEnvironment(environmentVariables);
    publicKey = env.publicKey();
    secretKey = env.secretKey();
    baseUrl = env.baseUrl();
    environment = env.environment();
    release = env.release();
    timeout = env.timeout();
    flushAt = env.flushAt();
    flushInterval = env.flushInterval();
    tracingEnabled = env.tracingEnabled();
    sampleRate = env.sampleRate();
    debug = env.debug();
  }

  /** {@code LANGFUSE_PUBLIC_KEY}: which project the traces belong to. */
  public LangfuseBuilder publicKey(String publicKey) {
    this.publicKey = publicKey;
    return this;
  }

  /** {@code LANGFUSE_SECRET_KEY}; never logged. */
  public LangfuseBuilder secretKey(String secretKey) {
    this.secretKey = secretKey;
    return this;
  }

  /**
   * {@code LANGFUSE_BASE_URL} (or {@code LANGFUSE_BASEURL}, {@code LANGFUSE_HOST}): the server;
   * {@code https://cloud.langfuse.com} by default.
   */
  public LangfuseBuilder baseUrl(String baseUrl) {
    this.baseUrl = Settings.checkedBaseUrl(baseUrl);
    return this;
  }

  /** {@code LANGFUSE_TRACING_ENVIRONMENT}: such as {@code production}; lower case. */
  public LangfuseBuilder environment(String environment) {
    this.environment = environment;
    return this;
  }

  /** {@code LANGFUSE_RELEASE}, else the commit as build servers name it: the version deployed. */
  public LangfuseBuilder release(String release) {
    this.release = release;
    return this;
  }

  /** {@code LANGFUSE_TIMEOUT} in seconds: for one HTTP request; 10 seconds by default. */
  public LangfuseBuilder timeout(Duration timeout) {
    this.timeout = Objects.requireNonNull(timeout, "timeout");
    return this;
  }

  /** {@code LANGFUSE_FLUSH_AT}: observations that fill a batch; 512 by default. */
  public LangfuseBuilder flushAt(int observations) {
    this.flushAt = observations;
    return this;
  }

  /**
   * {@code LANGFUSE_FLUSH_INTERVAL} in seconds: how long an ended observation waits for its batch
   * to fill; 5 seconds by default.
   */
  public LangfuseBuilder flushInterval(Duration flushInterval) {
    this.flushInterval = Objects.requireNonNull(flushInterval, "flushInterval");
    return this;
  }

  /** {@code LANGFUSE_TRACING_ENABLED}: false makes a client that records nothing. */
  public LangfuseBuilder tracingEnabled(boolean tracingEnabled) {
    this.tracingEnabled = tracingEnabled;
    return this;
  }

  /** {@code LANGFUSE_SAMPLE_RATE}: the share of traces kept, 0 to 1; whole traces, by their id. */
  public LangfuseBuilder sampleRate(double sampleRate) {
    this.sampleRate = sampleRate;
    return this;
  }

  /** {@code LANGFUSE_DEBUG}: says in the log what is delivered, and adds stack traces. */
  public LangfuseBuilder debug(boolean debug) {
    this.debug = debug;
    return this;
  }

  /** False installs no JVM exit hook; then close the client yourself. True by default. */
  public LangfuseBuilder flushOnExit(boolean flushOnExit) {
    this.flushOnExit = flushOnExit;
    return this;
  }

  /** Builds a client of its own; close it when done. */
  public Langfuse build() {
    Settings settings =
        new Settings(
            publicKey,
            secretKey,
            baseUrl,
            environment,
            release,
            timeout,
            flushAt,
            flushInterval,
            tracingEnabled,
            sampleRate,
            debug);
    QuietLog log = new QuietLog(settings.debug());
    if (!settings.canSend()) {
      if (settings.tracingEnabled()) {
        log.warn("disabled", "Langfuse is disabled: set " + Settings.KEY_NAMES + " to see traces.");
      }
      return new Langfuse(log);
    }
    return wire(settings, log);
  }

  /**
   * Builds the client that {@link Langfuse#current} finds where no other is in the context.
   *
   * @throws IllegalStateException when the process has such a client already
   */
  public Langfuse buildGlobal() {
    Langfuse langfuse = build();
    if (!Langfuse.offerProcessDefault(langfuse)) {
      langfuse.close();
      throw new IllegalStateException(
          "This process has a default Langfuse client already: call buildGlobal() once, before"
              + " anything uses Langfuse.current().");
    }
    return langfuse;
  }

  /** For callers that record and so must not throw: a wrong environment is logged instead. */
  static Langfuse fromEnvOrDisabled() {
    try {
      return Langfuse.fromEnv();
    } catch (RuntimeException e) {
      QuietLog log = new QuietLog(false);
      log.warn("settings", "Langfuse is disabled: " + e.getMessage());
      return new Langfuse(log);
    }
  }

  /**
   * The whole line, from tracer to wire. Built from the tracer provider, not from OpenTelemetrySdk:
   * the latter looks for the incubator artifact and fails when it finds an old one.
   */
  private Langfuse wire(Settings settings, QuietLog log) {
    LangfuseSpanProcessor processor = new LangfuseSpanProcessor(settings, log);
    SdkTracerProvider provider =
        SdkTracerProvider.builder()
            .setSampler(sampler(settings.sampleRate()))
            .setSpanLimits(SpanLimits.builder().setMaxNumberOfAttributes(MAX_ATTRIBUTES).build())
            .addSpanProcessor(processor)
            .build();
    return new Langfuse(
        provider
            .tracerBuilder(LangfuseAttributes.SCOPE_NAME)
            .setInstrumentationVersion(SdkVersion.CURRENT)
            .build(),
        processor,
        log,
        flushOnExit);
  }

  /** Not parent-based: an APM tool that samples its own traces must not thin out ours. */
  private static Sampler sampler(double rate) {
    return rate == 1 ? Sampler.alwaysOn() : Sampler.traceIdRatioBased(rate);
  }
}
