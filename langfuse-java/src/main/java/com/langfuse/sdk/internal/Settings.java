package com.langfuse.sdk.internal;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
 * @param exitTimeout how long the end of the program may wait for the delivery
 * @param sampleRate share of traces kept, 0 to 1
 * @param captureIo whether observed functions record arguments and results
 * @param mediaUpload whether images, sound and the like are taken out of texts and uploaded
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
    Duration exitTimeout,
    boolean tracingEnabled,
    double sampleRate,
    boolean debug,
    boolean captureIo,
    boolean mediaUpload,
    DeliverySettings delivery) {

  static final String PUBLIC_KEY = "LANGFUSE_PUBLIC_KEY";
  static final String SECRET_KEY = "LANGFUSE_SECRET_KEY";
  static final List<String> BASE_URL =
      List.of("LANGFUSE_BASE_URL", "LANGFUSE_BASEURL", "LANGFUSE_HOST");
  static final String ENVIRONMENT = "LANGFUSE_TRACING_ENVIRONMENT";
  static final String TIMEOUT = "LANGFUSE_TIMEOUT";
  static final String EXIT_TIMEOUT = "LANGFUSE_EXIT_TIMEOUT";
  static final String SAMPLE_RATE = "LANGFUSE_SAMPLE_RATE";

  /** Shown to users who forgot a key. */
  public static final String KEY_NAMES = PUBLIC_KEY + " and " + SECRET_KEY;

  public static final String BASE_URL_NAME = BASE_URL.get(0);

  /** What an environment looks like. */
  public static final String ENVIRONMENT_RULE =
      "write at most 40 of a-z, 0-9, '-' and '_', not starting with 'langfuse'";

  static final String DEFAULT_BASE_URL = "https://cloud.langfuse.com";
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
    requireSensible("exitTimeout", EXIT_TIMEOUT, exitTimeout);
    require(
        sampleRate >= 0 && sampleRate <= 1,
        () ->
            "sampleRate ("
                + SAMPLE_RATE
                + ") is "
                + sampleRate
                + ": write a share from 0.0 to 1.0; 0.1 keeps one trace in ten");
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
          uri.getUserInfo() == null,
          () -> "baseUrl (" + BASE_URL_NAME + ") has a user in it: leave that out, keys go apart");
      require(
          web && plain && uri.getHost() != null && uri.getPort() <= MAX_PORT,
          () -> badBaseUrl(text));
      return uri;
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(badBaseUrl(text), e);
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

  static void requireSensible(String name, String variable, Duration value) {
    require(
        value.compareTo(SHORTEST) >= 0 && value.compareTo(LONGEST) <= 0,
        () -> name + " (" + variable + ") is " + value + ": write a time from 1 ms to 1 day");
  }

  static void require(boolean holds, Supplier<String> message) {
    if (!holds) {
      throw new IllegalArgumentException(message.get());
    }
  }
}
