package com.langfuse.sdk;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.langfuse.sdk.export.AttributeMask;
import com.langfuse.sdk.export.LangfuseSpanProcessor;
import com.langfuse.sdk.export.SpanFilter;
import com.langfuse.sdk.internal.Environment;
import com.langfuse.sdk.internal.LangfuseAttributes;
import com.langfuse.sdk.internal.LinkageProblem;
import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.internal.Settings;
import io.opentelemetry.api.trace.TracerProvider;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.resources.ResourceBuilder;
import io.opentelemetry.sdk.trace.SpanProcessor;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
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

  /** One for all clients, for the class path of all is the same. */
  private static final QuietLog LINKAGE = new QuietLog(false);

  private final Function<String, @Nullable String> variables;
  private @Nullable String publicKey;
  private @Nullable String secretKey;
  private @Nullable URI baseUrl;
  private final Map<String, String> headers = new LinkedHashMap<>();
  private @Nullable String environment;
  private @Nullable String release;
  private @Nullable String serviceName;
  private @Nullable Duration timeout;
  private @Nullable Duration exitTimeout;
  private @Nullable Boolean tracingEnabled;
  private @Nullable Double sampleRate;
  private @Nullable Boolean debug;
  private @Nullable Boolean captureIo;
  private @Nullable Boolean mediaUpload;

  // What no environment variable says; read by the assembly.
  final DeliveryOptions delivery = new DeliveryOptions();
  boolean flushOnExit = true;
  @Nullable SpanFilter filter; // null for the standard one
  @Nullable Mask mask;
  @Nullable AttributeMask attributeMask;
  @Nullable ObjectMapper objectMapper;
  int maxValueLength = Integer.MAX_VALUE;
  boolean separateTraces;
  private boolean processDefault = true;
  boolean readBaggage = true;
  boolean claimInBaggage = true;
  final List<SpanProcessor> spanProcessors = new ArrayList<>();

  LangfuseBuilder(Function<String, @Nullable String> environmentVariables) {
    this.variables = environmentVariables;
  }

  /** {@code LANGFUSE_PUBLIC_KEY}: which project the traces belong to; null for the variable's. */
  public LangfuseBuilder publicKey(@Nullable String publicKey) {
    this.publicKey = publicKey;
    return this;
  }

  /** {@code LANGFUSE_SECRET_KEY}; never logged; null for the variable's. */
  public LangfuseBuilder secretKey(@Nullable String secretKey) {
    this.secretKey = secretKey;
    return this;
  }

  /**
   * {@code LANGFUSE_BASE_URL} (or {@code LANGFUSE_BASEURL}, {@code LANGFUSE_HOST}): the server;
   * {@code https://cloud.langfuse.com} by default.
   *
   * @param baseUrl an absolute http(s) address; null for the variable's
   * @throws IllegalArgumentException if it is no such address
   */
  public LangfuseBuilder baseUrl(@Nullable String baseUrl) {
    this.baseUrl = baseUrl == null ? null : Settings.checkedBaseUrl(baseUrl);
    return this;
  }

  /**
   * A header for every request to Langfuse, such as one that a gateway asks for; in place of ours
   * where the name is the same.
   *
   * @throws IllegalArgumentException for a name or value that HTTP does not allow, and for {@code
   *     Content-Type} and {@code Content-Encoding}, which differ from request to request
   */
  public LangfuseBuilder header(String name, String value) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(value, "value");
    try {
      HttpRequest.newBuilder().setHeader(name, value);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "header '" + name + "' cannot be sent: choose a name and value that HTTP allows", e);
    }
    if (name.equalsIgnoreCase("Content-Type") || name.equalsIgnoreCase("Content-Encoding")) {
      throw new IllegalArgumentException(
          "header '" + name + "' describes a body, which the client writes: leave it out");
    }
    headers.put(name, value);
    return this;
  }

  /**
   * {@code LANGFUSE_TRACING_ENVIRONMENT}: such as {@code production}; lower case; null for the
   * variable's.
   */
  public LangfuseBuilder environment(@Nullable String environment) {
    this.environment = environment;
    return this;
  }

  /**
   * {@code LANGFUSE_RELEASE}, else the commit as build servers name it: the version deployed; null
   * for the variable's.
   */
  public LangfuseBuilder release(@Nullable String release) {
    this.release = release;
    return this;
  }

  /**
   * {@code OTEL_SERVICE_NAME}, else {@code service.name} in {@code OTEL_RESOURCE_ATTRIBUTES}: what
   * the application is called in the metadata of its observations. Not sent unless one of them says
   * it; null for the variable's. Not for {@link #attachTo}, where the provider's resource counts.
   */
  public LangfuseBuilder serviceName(@Nullable String serviceName) {
    this.serviceName = serviceName;
    return this;
  }

  /**
   * {@code LANGFUSE_TIMEOUT} in seconds: for one HTTP request, and a second more for each 50 kB
   * that it sends; 10 seconds by default.
   */
  public LangfuseBuilder timeout(Duration timeout) {
    this.timeout = Objects.requireNonNull(timeout, "timeout");
    return this;
  }

  /** How many observations fill a batch; see {@link DeliveryOptions#flushAt}. */
  public LangfuseBuilder flushAt(int observations) {
    delivery.flushAt(observations);
    return this;
  }

  /** How long a batch waits to be filled; see {@link DeliveryOptions#flushInterval}. */
  public LangfuseBuilder flushInterval(Duration flushInterval) {
    delivery.flushInterval(flushInterval);
    return this;
  }

  /** Bounds, retries, spool and HTTP of the delivery line. */
  public LangfuseBuilder delivery(Consumer<DeliveryOptions> options) {
    Objects.requireNonNull(options, "options").accept(delivery);
    return this;
  }

  /**
   * {@code LANGFUSE_MEDIA_UPLOAD_ENABLED}: false leaves images, sound and the like in the texts
   * they were found in. True by default.
   */
  public LangfuseBuilder mediaUpload(boolean upload) {
    this.mediaUpload = upload;
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

  /**
   * {@code LANGFUSE_OBSERVE_DECORATOR_IO_CAPTURE_ENABLED}: whether functions made with {@link
   * Langfuse#observed} record arguments and results; each may say otherwise. True by default.
   */
  public LangfuseBuilder captureIo(boolean capture) {
    this.captureIo = capture;
    return this;
  }

  /**
   * {@code LANGFUSE_EXIT_TIMEOUT} in seconds: how long the JVM's exit hook may wait for what is not
   * delivered yet; 10 seconds by default. It waits for less when the server cannot be reached:
   * where connections are refused, the host is unknown or its certificate not trusted, it gives up
   * after a few attempts in about two seconds. What is lost is printed to {@code System.err}.
   *
   * <pre>{@code
   * Langfuse.builder().exitTimeout(Duration.ofSeconds(3)).build();
   * }</pre>
   *
   * @param timeout from 1 ms to 1 day; use {@link #flushOnExit flushOnExit(false)} to wait for
   *     nothing
   */
  public LangfuseBuilder exitTimeout(Duration timeout) {
    this.exitTimeout = Objects.requireNonNull(timeout, "exitTimeout");
    return this;
  }

  /** False installs no JVM exit hook; then close the client yourself. True by default. */
  public LangfuseBuilder flushOnExit(boolean flushOnExit) {
    this.flushOnExit = flushOnExit;
    return this;
  }

  /**
   * One more processor on the client's own tracer provider, called before ours, such as one that
   * copies baggage onto spans. May be called several times. One that throws costs no more than a
   * warning. It stays yours: flushing and closing the client do not reach it. Not for {@link
   * #attachTo}, where the provider is yours.
   *
   * <pre>{@code
   * Langfuse.builder().spanProcessor(BaggageSpanProcessor.allowAllBaggageKeys()).build();
   * }</pre>
   */
  public LangfuseBuilder spanProcessor(SpanProcessor processor) {
    spanProcessors.add(Objects.requireNonNull(processor, "processor"));
    return this;
  }

  /** Which spans are sent; {@link SpanFilter#standard()} by default. */
  public LangfuseBuilder filter(SpanFilter filter) {
    this.filter = Objects.requireNonNull(filter, "filter");
    return this;
  }

  /** Applied to what the application records, before it is written as text. */
  public LangfuseBuilder mask(@Nullable Mask mask) {
    this.mask = mask;
    return this;
  }

  /** Applied to every attribute of every span, just before it leaves. */
  public LangfuseBuilder attributeMask(@Nullable AttributeMask mask) {
    this.attributeMask = mask;
    return this;
  }

  /** Writes inputs and outputs with your modules and settings; it is copied. */
  public LangfuseBuilder objectMapper(@Nullable ObjectMapper mapper) {
    this.objectMapper = mapper;
    return this;
  }

  /**
   * Cuts each value after so many characters, visibly. Unlimited by default, but for values that
   * would never end: of one value that is no {@code String} about 16 million characters of JSON are
   * recorded, 10 million values, 100 levels of nesting, and what is read in 2 seconds and one more
   * for each 2 million characters. What is left out has a text in its place that says how much.
   */
  public LangfuseBuilder maxValueLength(int characters) {
    if (characters < 1) {
      throw new IllegalArgumentException(
          "maxValueLength is " + characters + ": write 1 or more, e.g. 100000");
    }
    this.maxValueLength = characters;
    return this;
  }

  /**
   * True keeps our traces apart from the application's own: no observation becomes a child of an
   * APM span, and none is seen by its HTTP clients. False by default: one trace id for both.
   */
  public LangfuseBuilder separateTraces(boolean separate) {
    this.separateTraces = separate;
    return this;
  }

  /**
   * False ignores user, session and the like that callers sent in W3C baggage: for servers that
   * anybody can call. True by default.
   */
  public LangfuseBuilder readBaggage(boolean read) {
    this.readBaggage = read;
    return this;
  }

  /**
   * False sends no {@code langfuse_trace_id} in baggage to called services; their top-most spans
   * are then listed as roots of their own. True by default; it says no more than {@code
   * traceparent}.
   */
  public LangfuseBuilder claimInBaggage(boolean claim) {
    this.claimInBaggage = claim;
    return this;
  }

  /**
   * False keeps the client from being the process default, which {@link Langfuse#current} finds
   * where no client is in the context: for the clients of tests, or of one tenant among many. True
   * by default.
   */
  public LangfuseBuilder processDefault(boolean processDefault) {
    this.processDefault = processDefault;
    return this;
  }

  /** True when what is built will record: both keys are known, and tracing is not switched off. */
  public boolean isEnabled() {
    return settings().canSend();
  }

  /**
   * Builds a client of its own; close it when done. The first one is the process default, see
   * {@link Langfuse#current}.
   *
   * @throws IllegalArgumentException for a setting that cannot work, naming it
   */
  public Langfuse build() {
    return built(client());
  }

  private Langfuse client() {
    Settings settings = settings();
    return orDisabled(settings, () -> new Assembly(this, settings).client());
  }

  /** An application whose class path does not fit starts all the same, and runs without traces. */
  private static Langfuse orDisabled(Settings settings, Supplier<Langfuse> client) {
    try {
      return client.get();
    } catch (LinkageError e) {
      warnOf(e);
      return Langfuse.disabled(new QuietLog(settings.debug()));
    }
  }

  private static void warnOf(LinkageError error) {
    String problem = "Langfuse is disabled, nothing is recorded: " + LinkageProblem.explain(error);
    LINKAGE.warn("linkage", problem, error);
  }

  private Langfuse built(Langfuse client) {
    if (processDefault) {
      ProcessDefault.INSTANCE.add(client);
    }
    return client;
  }

  /**
   * Builds a processor for a tracer provider of your own, on which other libraries' spans shall
   * reach Langfuse too. Without keys, or with tracing switched off, it lets all spans pass by.
   */
  public LangfuseSpanProcessor buildProcessor() {
    Settings settings = settings();
    try {
      return new Assembly(this, settings).sharedProcessor();
    } catch (LinkageError e) {
      warnOf(e);
      tracingEnabled = false; // of the client that is attached to it, too
      return new Assembly(this, settings()).sharedProcessor();
    }
  }

  /**
   * Builds a client whose observations are spans of your provider, to which you have added the
   * processor. The provider's sampler and limits apply, and closing it is up to you. Use the
   * builder that made the processor, so that both go by the same settings.
   */
  public Langfuse attachTo(TracerProvider provider, LangfuseSpanProcessor processor) {
    Objects.requireNonNull(provider, "provider");
    Objects.requireNonNull(processor, "processor");
    Settings settings = settings();
    return built(
        orDisabled(settings, () -> new Assembly(this, settings).attached(provider, processor)));
  }

  /**
   * Builds the client that {@link Langfuse#current} finds where no other is in the context, before
   * any that was built by {@link #build}, until it is closed.
   *
   * @throws IllegalArgumentException for a setting that cannot work, naming it
   * @throws IllegalStateException when this process has an open client of this method already
   */
  public Langfuse buildGlobal() {
    Langfuse langfuse = client();
    if (!ProcessDefault.INSTANCE.setGlobal(langfuse)) {
      langfuse.close();
      throw new IllegalStateException(
          "This process has a default Langfuse client already: call buildGlobal() once, or close"
              + " the other one first.");
    }
    return langfuse;
  }

  /** The application, as the spans of the client's own tracer provider describe it. */
  Resource resource() {
    Environment env = new Environment(variables);
    String service = serviceName == null ? env.serviceName() : serviceName;
    // OpenTelemetry's default has a name that says nothing.
    ResourceBuilder resource =
        Resource.getDefault().toBuilder().removeIf(LangfuseAttributes.SERVICE_NAME::equals);
    env.resourceAttributes().forEach(resource::put);
    if (service != null && !service.isBlank()) {
      resource.put(LangfuseAttributes.SERVICE_NAME, service.strip());
    }
    return resource.build();
  }

  /** For callers that record and so must not throw: a wrong environment is logged instead. */
  static Langfuse fromEnvOrDisabled() {
    try {
      return Langfuse.builder().client();
    } catch (RuntimeException e) {
      QuietLog log = new QuietLog(false);
      log.warn("settings", "Langfuse is disabled: " + e.getMessage());
      return Langfuse.disabled(log);
    }
  }

  /** Asks the environment only for what was not said: a wrong value there is then no matter. */
  Settings settings() {
    Environment env = new Environment(variables);
    return new Settings(
        publicKey == null ? env.publicKey() : publicKey,
        secretKey == null ? env.secretKey() : secretKey,
        baseUrl == null ? env.baseUrl() : baseUrl,
        env.tracesPath(),
        Map.copyOf(headers),
        environment == null ? env.environment() : environment,
        release == null ? env.release() : release,
        timeout == null ? env.timeout() : timeout,
        exitTimeout == null ? env.exitTimeout() : exitTimeout,
        tracingEnabled == null ? env.tracingEnabled() : tracingEnabled,
        sampleRate == null ? env.sampleRate() : sampleRate,
        debug == null ? env.debug() : debug,
        captureIo == null ? env.captureIo() : captureIo,
        mediaUpload == null ? env.mediaUpload() : mediaUpload,
        delivery.settings(env));
  }
}
