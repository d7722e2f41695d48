package com.langfuse.sdk.line;

import com.langfuse.sdk.internal.Activity;
import com.langfuse.sdk.internal.SdkVersion;
import com.langfuse.sdk.internal.Settings;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Function;

/** One server: address, keys, headers, proxy, TLS, compression, time limits. Threadsafe. */
public final class LangfuseEndpoint {

  private static final String NO_CHALLENGE = "header missing for response code ";

  /** A line that is slower than this is too slow. */
  private static final int SLOWEST_BYTES_PER_MILLI = 50;

  private static final Duration LONGEST_POST = Duration.ofSeconds(30);
  private static final Duration LONGEST_UPLOAD = Duration.ofMinutes(5);

  private final URI baseUrl;
  private final String tracesPath;
  private final String publicKey;
  private final String authorization;
  private final Map<String, String> headers;
  private final Duration timeout;
  private final boolean gzip;
  private final RenewableHttpClient http;
  private final Queue<Gzip> compressors = new ConcurrentLinkedQueue<>();

  /**
   * @param customizer the application's own wishes, such as proxy and TLS
   */
  public LangfuseEndpoint(Settings settings, Consumer<HttpClient.Builder> customizer) {
    this.baseUrl = settings.baseUrl();
    this.tracesPath = settings.tracesPath();
    this.publicKey = Objects.requireNonNull(settings.publicKey());
    String keys = publicKey + ":" + Objects.requireNonNull(settings.secretKey());
    this.authorization =
        "Basic " + Base64.getEncoder().encodeToString(keys.getBytes(StandardCharsets.UTF_8));
    this.headers = settings.headers();
    this.timeout = settings.timeout();
    this.gzip = settings.delivery().gzip();
    // The JDK offers an upgrade to HTTP/2 on plain http, and a self-hosted Langfuse hangs up on it.
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(isPlain(baseUrl) ? HttpClient.Version.HTTP_1_1 : HttpClient.Version.HTTP_2)
            .connectTimeout(timeout);
    customizer.accept(builder);
    builder.followRedirects(HttpClient.Redirect.NEVER); // a POST would arrive as a GET, and count
    this.http = new RenewableHttpClient(builder);
  }

  /** The body of an export as it is sent, however often. */
  public Packed pack(byte[] body) {
    return gzip ? new Packed(compress(body), true) : new Packed(body, false);
  }

  /** What {@link #pack} made. */
  @SuppressWarnings("ArrayRecordComponent") // megabytes; nobody compares them
  public record Packed(byte[] bytes, boolean gzip) {}

  /**
   * Exports OTLP traces and waits for the whole answer. The only request that is compressed: on its
   * other routes Langfuse takes a gzip body for broken JSON.
   */
  public Answer export(Packed traces) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        request(tracesPath).setHeader("Content-Type", "application/x-protobuf");
    if (traces.gzip()) {
      request.setHeader("Content-Encoding", "gzip");
    }
    BodyPublisher bytes = BodyPublishers.ofByteArray(traces.bytes());
    Duration patience = patience(traces.bytes(), LONGEST_POST);
    return exchange(request.POST(bytes).build(), patience, Answer::ofApi);
  }

  /** Sends JSON as it is. */
  public Answer send(String method, String path, byte[] json)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        request(path)
            .setHeader("Content-Type", "application/json")
            .method(method, BodyPublishers.ofByteArray(json));
    return exchange(request.build(), patience(json, LONGEST_POST), Answer::ofApi);
  }

  public Answer get(String path) throws IOException, InterruptedException {
    return exchange(request(path).GET().build(), timeout, Answer::ofApi);
  }

  /** Uploads to somebody else's server, which must not see our keys and headers. */
  public Answer put(URI elsewhere, Map<String, String> headers, byte[] body)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(elsewhere);
    headers.forEach(request::setHeader);
    HttpRequest put = request.PUT(BodyPublishers.ofByteArray(body)).build();
    return exchange(put, patience(body, LONGEST_UPLOAD), Answer::ofStore);
  }

  /** An upload takes its time, too. */
  private Duration patience(byte[] body, Duration most) {
    Duration uploading = Duration.ofMillis(body.length / SLOWEST_BYTES_PER_MILLI);
    return timeout.plus(uploading.compareTo(most) < 0 ? uploading : most);
  }

  private HttpRequest.Builder request(String path) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(baseUrl + path))
            .header("Authorization", authorization)
            .header("x-langfuse-sdk-name", "java")
            .header("x-langfuse-sdk-version", SdkVersion.CURRENT)
            .header("x-langfuse-public-key", publicKey)
            // Without it a server takes unknown SDKs for old ones and shows their data late.
            .header("x-langfuse-ingestion-version", "4");
    headers.forEach(request::setHeader);
    return request;
  }

  /**
   * @throws NoResponseException when no complete response came
   */
  private Answer exchange(
      HttpRequest request, Duration patience, Function<HttpResponse<byte[]>, Answer> reading)
      throws IOException, InterruptedException {
    try {
      return reading.apply(http.send(request, headers -> new BodyExcerpt(), patience));
    } catch (IOException e) {
      // What the JDK makes of 401 and 407 when the application has set an authenticator.
      String message = String.valueOf(e.getMessage());
      int at = message.indexOf(NO_CHALLENGE);
      if (at >= 0) {
        return Answer.ofStatus(Integer.parseInt(message.substring(at + NO_CHALLENGE.length())));
      }
      throw NoResponseException.of(e, request.uri(), http.proxy());
    }
  }

  public URI baseUrl() {
    return baseUrl;
  }

  /** Lets the client go, and its threads with it. */
  public void close() {
    http.close();
    for (Gzip each = compressors.poll(); each != null; each = compressors.poll()) {
      each.close();
    }
  }

  /**
   * Keeps connections and their threads while there is activity, otherwise no longer than needed.
   */
  Activity.Watcher connections() {
    http.keep(false);
    return new Activity.Watcher() {
      @Override
      public void begun() {
        http.keep(true);
      }

      @Override
      public void ended() {
        http.keep(false);
      }
    };
  }

  boolean isClosed() {
    return http.isClosed();
  }

  private static boolean isPlain(URI url) {
    return "http".equalsIgnoreCase(url.getScheme());
  }

  private byte[] compress(byte[] body) {
    Gzip free = compressors.poll();
    Gzip compressor = free == null ? new Gzip() : free;
    byte[] compressed = compressor.compress(body);
    compressors.add(compressor);
    return compressed;
  }
}
