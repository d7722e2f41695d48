package com.langfuse.sdk.internal;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The environment variables, each read when it is asked for, with its default. Where Langfuse has
 * no word of its own, or none was said, those of OpenTelemetry's batch processor count.
 */
public record Environment(Function<String, @Nullable String> variables) {

  private static final String TRACES_PATH = "LANGFUSE_OTEL_TRACES_EXPORT_PATH";
  private static final String TRACING_ENABLED = "LANGFUSE_TRACING_ENABLED";
  private static final String CAPTURE_IO = "LANGFUSE_OBSERVE_DECORATOR_IO_CAPTURE_ENABLED";
  private static final String MEDIA_UPLOAD = "LANGFUSE_MEDIA_UPLOAD_ENABLED";
  private static final String SPOOL = "LANGFUSE_SPOOL_DIR";
  private static final String DEBUG = "LANGFUSE_DEBUG";
  private static final String LOG_LEVEL = "LANGFUSE_LOG_LEVEL";
  private static final String QUEUE_SIZE = "OTEL_BSP_MAX_QUEUE_SIZE";
  private static final String BATCH_SIZE = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE";
  private static final String SCHEDULE_DELAY = "OTEL_BSP_SCHEDULE_DELAY";
  private static final String SERVICE_NAME = "OTEL_SERVICE_NAME";
  private static final String RESOURCE_ATTRIBUTES = "OTEL_RESOURCE_ATTRIBUTES";
  private static final String EXPORT_TIMEOUT = "OTEL_BSP_EXPORT_TIMEOUT";
  private static final String DEFAULT_TRACES_PATH = "/api/public/otel/v1/traces";

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

  public @Nullable String publicKey() {
    return text(Settings.PUBLIC_KEY);
  }

  public @Nullable String secretKey() {
    return text(Settings.SECRET_KEY);
  }

  public URI baseUrl() {
    String baseUrl = first(Settings.BASE_URL);
    return Settings.checkedBaseUrl(baseUrl == null ? Settings.DEFAULT_BASE_URL : baseUrl);
  }

  public String tracesPath() {
    return checkedPath(text(TRACES_PATH));
  }

  public @Nullable String environment() {
    return text(Settings.ENVIRONMENT);
  }

  public @Nullable String release() {
    return first(RELEASE);
  }

  /** Null where nothing names the service. */
  public @Nullable String serviceName() {
    String name = text(SERVICE_NAME);
    return name == null ? resourceAttributes().get(LangfuseAttributes.SERVICE_NAME.getKey()) : name;
  }

  /**
   * Attributes of the application: {@code key=value} pairs with commas between, percent-encoded.
   */
  public Map<String, String> resourceAttributes() {
    Map<String, String> attributes = new LinkedHashMap<>();
    String pairs = text(RESOURCE_ATTRIBUTES);
    for (String pair : pairs == null ? new String[0] : pairs.split(",")) {
      int end = pair.indexOf('=');
      String key = pair.substring(0, Math.max(end, 0)).strip();
      Settings.require(isKey(key) || pair.isBlank(), () -> badResourceAttributes(pairs));
      if (!key.isEmpty()) {
        attributes.put(key, decoded(pair.substring(end + 1).strip()));
      }
    }
    return attributes;
  }

  /** As OpenTelemetry demands. */
  private static boolean isKey(String key) {
    return !key.isEmpty() && key.length() <= 255 && key.chars().allMatch(c -> c >= ' ' && c <= '~');
  }

  /** A percent sign that begins no code is kept, as OpenTelemetry does. */
  private static String decoded(String value) {
    String codes = value.replace("+", "%2B").replaceAll("%(?![0-9A-Fa-f]{2})", "%25");
    return URLDecoder.decode(codes, StandardCharsets.UTF_8);
  }

  private static String badResourceAttributes(@Nullable String pairs) {
    return RESOURCE_ATTRIBUTES
        + " is '"
        + pairs
        + "': write pairs such as service.name=shop,service.version=1.4";
  }

  public Duration timeout() {
    return seconds(Settings.TIMEOUT, Duration.ofSeconds(10));
  }

  public Duration exitTimeout() {
    return seconds(Settings.EXIT_TIMEOUT, Duration.ofSeconds(10));
  }

  public int flushAt() {
    return (int) number(DeliverySettings.FLUSH_AT, number(BATCH_SIZE, 512));
  }

  public Duration flushInterval() {
    return seconds(DeliverySettings.FLUSH_INTERVAL, millis(SCHEDULE_DELAY, Duration.ofSeconds(5)));
  }

  public boolean tracingEnabled() {
    return !"false".equalsIgnoreCase(text(TRACING_ENABLED));
  }

  public double sampleRate() {
    return number(Settings.SAMPLE_RATE, 1.0);
  }

  public boolean debug() {
    return "true".equalsIgnoreCase(text(DEBUG)) || "DEBUG".equalsIgnoreCase(text(LOG_LEVEL));
  }

  public boolean captureIo() {
    return unlessOff(CAPTURE_IO);
  }

  public boolean mediaUpload() {
    return unlessOff(MEDIA_UPLOAD);
  }

  public int queueCapacity() {
    return (int) number(QUEUE_SIZE, DeliverySettings.QUEUE_CAPACITY);
  }

  public Duration retryFor() {
    return millis(EXPORT_TIMEOUT, DeliverySettings.RETRY_FOR);
  }

  public @Nullable Path spool() {
    String folder = text(SPOOL);
    try {
      return folder == null ? null : Path.of(folder);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException(
          SPOOL + " is '" + folder + "': write the path of a folder", e);
    }
  }

  private boolean unlessOff(String name) {
    String word = text(name);
    return !"false".equalsIgnoreCase(word) && !"0".equals(word);
  }

  private @Nullable String text(String name) {
    String value = variables.apply(name);
    return value == null || value.isBlank() ? null : value.strip();
  }

  private @Nullable String first(List<String> names) {
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
    double seconds = number(name, otherwise.toMillis() / 1000.0);
    return seconds == 0 ? otherwise : Duration.ofMillis(Math.round(seconds * 1000));
  }

  private Duration millis(String name, Duration otherwise) {
    return Duration.ofMillis(Math.round(number(name, (double) otherwise.toMillis())));
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
}
