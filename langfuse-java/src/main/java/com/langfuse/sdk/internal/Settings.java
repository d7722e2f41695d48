package com.langfuse.sdk.internal;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a client was told, checked: every {@code LANGFUSE_*} variable is named here and nowhere
 * else.
 *
 * <p>A wrong value fails here, with the setting's name and what to write instead, so that nothing
 * can fail later.
 *
 * @param publicKey null when none was given
 * @param secretKey null when none was given
 * @param baseUrl absolute http(s) address without a trailing slash
 * @param tracesPath where OTLP traces are posted, below the base URL
 * @param headers added to every request, or put in place of ours
 * @param environment null for Langfuse's own default
 * @param timeout for one HTTP request
 * @param flushAt observations in one batch
 * @param flushInterval how long an ended observation waits for company at most
 * @param sampleRate share of traces kept, 0 to 1
 * @param captureIo whether observed functions record arguments and results
 */
public record Settings(
    @Nullable String publicKey,
    @Nullable String secretKey,
    URI baseUrl,
    String tracesPath,
    Map<String, String> headers,
    @Nullable String environment,
    @Nullable String release,
    Duration timeout,
    int flushAt,
    Duration flushInterval,
    boolean tracingEnabled,
    double sampleRate,
    boolean debug,
    boolean captureIo) {

  private static final String PUBLIC_KEY = "LANGFUSE_PUBLIC_KEY";
  private static final String SECRET_KEY = "LANGFUSE_SECRET_KEY";
  private static final List<String> BASE_URL =
      List.of("LANGFUSE_BASE_URL", "LANGFUSE_BASEURL", "LANGFUSE_HOST");
  private static final String TRACES_PATH = "LANGFUSE_OTEL_TRACES_EXPORT_PATH";
  private static final String ENVIRONMENT = "LANGFUSE_TRACING_ENVIRONMENT";
  private static final String TIMEOUT = "LANGFUSE_TIMEOUT";
  private static final String FLUSH_AT = "LANGFUSE_FLUSH_AT";
  private static final String FLUSH_INTERVAL = "LANGFUSE_FLUSH_INTERVAL";
  private static final String TRACING_ENABLED = "LANGFUSE_TRACING_ENABLED";
  private static final String SAMPLE_RATE = "LANGFUSE_SAMPLE_RATE";
  private static final String CAPTURE_IO = "LANGFUSE_OBSERVE_DECORATOR_IO_CAPTURE_ENABLED";
  private static final String DEBUG = "LANGFUSE_DEBUG";
  private static final String LOG_LEVEL = "LANGFUSE_LOG_LEVEL";

  /** The commit, as the build servers name it; the order is that of the Python SDK. */
  private static final List<String> RELEASE =
      List.of(
          "LANGFUSE_RELEASE",
          "RENDER_GIT_COMMIT",
          "CI_COMMIT_SHA",
          "CIRCLE_SHA1",
          "SOURCE_VERSION",
          "TRAVIS_COMMIT",
          "GIT_COMMIT",
          "GITHUB_SHA",
          "BITBUCKET_COMMIT",
          "BUILD_SOURCEVERSION",
          "DRONE_COMMIT_SHA");

  /** Shown to users who forgot a key. */
  public static final String KEY_NAMES = PUBLIC_KEY + " and " + SECRET_KEY;

  public static final String BASE_URL_NAME = BASE_URL.get(0);

  /** What an environment looks like. */
  public static final String ENVIRONMENT_RULE =
      "write at most 40 of a-z, 0-9, '-' and '_', not starting with 'langfuse'";

  private static final String DEFAULT_BASE_URL = "https://cloud.langfuse.com";
  private static final String DEFAULT_TRACES_PATH = "/api/public/otel/v1/traces";
  private static final int MAX_PORT = 65_535;
  private static final Duration SHORTEST = Duration.ofMillis(1);
  private static final Duration LONGEST = Duration.ofDays(1);
  private static final Pattern ENVIRONMENT_FORM = Pattern.compile("(?!langfuse)[a-z0-9_-]{1,40}");

  public Settings {
    publicKey = checkedKey("publicKey", PUBLIC_KEY, publicKey);
    secretKey = checkedKey("secretKey", SECRET_KEY, secretKey);
    require(
        environment == null || isEnvironment(environment),
        () -> badEnvironment(String.valueOf(environment)));
    requireSensible("timeout", TIMEOUT, timeout);
    requireSensible("flushInterval", FLUSH_INTERVAL, flushInterval);
    require(
        flushAt > 0,
        () -> "flushAt (" + FLUSH_AT + ") is " + flushAt + ": write 1 or more, e.g. 512");
    require(
        sampleRate >= 0 && sampleRate <= 1,
        () ->
            "sampleRate ("
                + SAMPLE_RATE
                + ") is "
                + sampleRate
                + ": write a share from 0.0 to 1.0; 0.1 keeps one trace in ten");
  }

  /** What the environment says, with defaults for what it does not say. */
  public static Settings fromEnvironment(Function<String, @Nullable String> variables) {
    Environment env = new Environment(variables);
    return new Settings(
        env.publicKey(),
        env.secretKey(),
        env.baseUrl(),
        env.tracesPath(),
        Map.of(),
        env.environment(),
        env.release(),
        env.timeout(),
        env.flushAt(),
        env.flushInterval(),
        env.tracingEnabled(),
        env.sampleRate(),
        env.debug(),
        env.captureIo());
  }

  /** Both keys are there and nobody switched tracing off. */
  public boolean canSend() {
    return tracingEnabled && publicKey != null && secretKey != null;
  }

  public static boolean isEnvironment(String text) {
    return ENVIRONMENT_FORM.matcher(text).matches();
  }

  /** Address of a Langfuse server, or an exception that says what one looks like. */
  public static URI checkedBaseUrl(@Nullable String text) {
    try {
      URI uri = new URI(String.valueOf(text).strip().replaceAll("/+$", ""));
      String scheme = String.valueOf(uri.getScheme());
      boolean web = scheme.equalsIgnoreCase("http") || scheme.equalsIgnoreCase("https");
      boolean plain = uri.getQuery() == null && uri.getFragment() == null;
      require(
          web && plain && uri.getHost() != null && uri.getPort() <= MAX_PORT,
          () -> badBaseUrl(text));
      return uri;
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(badBaseUrl(text), e);
    }
  }

  private static String checkedPath(@Nullable String text) {
    String path = text == null ? DEFAULT_TRACES_PATH : text;
    try {
      return new URI(path.startsWith("/") ? path : "/" + path).toString();
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(
          TRACES_PATH + " is '" + text + "': write a path such as " + DEFAULT_TRACES_PATH, e);
    }
  }

  /** A key travels in a header: stray white space is cut, anything stranger is refused. */
  private static @Nullable String checkedKey(String name, String variable, @Nullable String key) {
    String stripped = key == null ? "" : key.strip();
    require(
        stripped.chars().allMatch(c -> c > ' ' && c < 127),
        () -> name + " (" + variable + ") has characters that no key has: copy it again");
    return stripped.isEmpty() ? null : stripped;
  }

  /** The secret key has no business in a log. */
  @Override
  public String toString() {
    return "Settings[publicKey=" + publicKey + ", baseUrl=" + baseUrl + "]";
  }

  private static String badBaseUrl(@Nullable String text) {
    return "baseUrl ("
        + BASE_URL_NAME
        + ") is '"
        + text
        + "': write an absolute address such as "
        + DEFAULT_BASE_URL
        + " or http://localhost:3000";
  }

  private static String badEnvironment(String text) {
    String fixed =
        text.toLowerCase(Locale.ROOT)
            .replaceAll("[^a-z0-9_-]+", "-")
            .replaceAll("^(langfuse[-_]*)+", "");
    String instead = fixed.substring(0, Math.min(fixed.length(), 40));
    return "environment ("
        + ENVIRONMENT
        + ") is '"
        + text
        + "': "
        + ENVIRONMENT_RULE
        + (isEnvironment(instead) ? "; for example '" + instead + "'" : "");
  }

  private static void requireSensible(String name, String variable, Duration value) {
    require(
        value.compareTo(SHORTEST) >= 0 && value.compareTo(LONGEST) <= 0,
        () -> name + " (" + variable + ") is " + value + ": write a time from 1 ms to 1 day");
  }

  private static void require(boolean holds, Supplier<String> message) {
    if (!holds) {
      throw new IllegalArgumentException(message.get());
    }
  }

  /** The variables, each read when it is asked for, with its default. */
  public record Environment(Function<String, @Nullable String> variables) {

    public @Nullable String publicKey() {
      return text(PUBLIC_KEY);
    }

    public @Nullable String secretKey() {
      return text(SECRET_KEY);
    }

    public URI baseUrl() {
      String baseUrl = text(BASE_URL);
      return checkedBaseUrl(baseUrl == null ? DEFAULT_BASE_URL : baseUrl);
    }

    public String tracesPath() {
      return checkedPath(text(TRACES_PATH));
    }

    public @Nullable String environment() {
      return text(ENVIRONMENT);
    }

    public @Nullable String release() {
      return text(RELEASE);
    }

    public Duration timeout() {
      return seconds(TIMEOUT, Duration.ofSeconds(10));
    }

    public int flushAt() {
      return (int) number(FLUSH_AT, 512);
    }

    public Duration flushInterval() {
      return seconds(FLUSH_INTERVAL, Duration.ofSeconds(5));
    }

    public boolean tracingEnabled() {
      return !"false".equalsIgnoreCase(text(TRACING_ENABLED));
    }

    public double sampleRate() {
      return number(SAMPLE_RATE, 1.0);
    }

    public boolean debug() {
      return "true".equalsIgnoreCase(text(DEBUG)) || "DEBUG".equalsIgnoreCase(text(LOG_LEVEL));
    }

    public boolean captureIo() {
      String word = text(CAPTURE_IO);
      return !"false".equalsIgnoreCase(word) && !"0".equals(word);
    }

    private @Nullable String text(String name) {
      String value = variables.apply(name);
      return value == null || value.isBlank() ? null : value.strip();
    }

    private @Nullable String text(List<String> names) {
      for (String name : names) {
        String value = text(name);
        if (value != null) {
          return value;
        }
      }
      return null;
    }

    private double number(String name, double otherwise) {
      String value = text(name);
      try {
        return value == null ? otherwise : Double.parseDouble(value);
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(
            name + " is '" + value + "': write a number, e.g. " + otherwise, e);
      }
    }

    /** Zero means "not said", as in the JavaScript SDK. */
    private Duration seconds(String name, Duration otherwise) {
      double seconds = number(name, (double) otherwise.toSeconds());
      return seconds == 0 ? otherwise : Duration.ofMillis(Math.round(seconds * 1000));
    }
  }
}
