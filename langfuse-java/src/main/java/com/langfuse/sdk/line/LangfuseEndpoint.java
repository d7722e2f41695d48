package com.langfuse.sdk.line;

import com.langfuse.sdk.internal.SdkVersion;
import com.langfuse.sdk.internal.Settings;
import java.io.IOException;
import java.lang.reflect.Method;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One server: address, keys, headers, proxy, TLS, compression, time limits. Threadsafe. */
public final class LangfuseEndpoint {

  private static final String NO_CHALLENGE = "header missing for response code 401";

  /** A line that is slower than this is too slow. */
  private static final int SLOWEST_BYTES_PER_MILLI = 50;

  private static final Duration LONGEST_POST = Duration.ofSeconds(30);
  private static final Duration LONGEST_UPLOAD = Duration.ofMinutes(5);

  private final URI baseUrl;
  private final String publicKey;
  private final String authorization;
  private final Map<String, String> headers;
  private final Duration timeout;
  private final boolean gzip;
  private final HttpClient.Builder builder = HttpClient.newBuilder();
  private final Queue<Gzip> compressors = new ConcurrentLinkedQueue<>();
  private @Nullable HttpClient http;
  private @Nullable ExecutorService threads;
  private boolean closed;

  /**
   * @param customizer the application's own wishes, such as proxy and TLS
   */
  public LangfuseEndpoint(Settings settings, Consumer<HttpClient.Builder> customizer) {
    this.baseUrl = settings.baseUrl();
    this.publicKey = Objects.requireNonNull(settings.publicKey());
    String keys = publicKey + ":" + Objects.requireNonNull(settings.secretKey());
    this.authorization =
        "Basic " + Base64.getEncoder().encodeToString(keys.getBytes(StandardCharsets.UTF_8));
    this.headers = settings.headers();
    this.timeout = settings.timeout();
    this.gzip = settings.delivery().gzip();
    // The JDK offers an upgrade to HTTP/2 on plain http, and a self-hosted Langfuse hangs up on it.
    builder
        .version(isPlain(baseUrl) ? HttpClient.Version.HTTP_1_1 : HttpClient.Version.HTTP_2)
        .connectTimeout(timeout);
    customizer.accept(builder);
    builder.followRedirects(HttpClient.Redirect.NEVER); // a POST would arrive as a GET, and count
  }

  /** A body as it will travel, however often. */
  public Packed pack(byte[] body) {
    return gzip ? new Packed(compress(body), true) : new Packed(body, false);
  }

  /** What {@link #pack} made. */
  @SuppressWarnings("ArrayRecordComponent") // megabytes; nobody compares them
  public record Packed(byte[] bytes, boolean gzip) {}

  /** Sends a body and waits for the whole answer. */
  public Answer post(String path, String contentType, Packed body)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = request(path).header("Content-Type", contentType);
    if (body.gzip()) {
      request.header("Content-Encoding", "gzip");
    }
    BodyPublisher bytes = BodyPublishers.ofByteArray(body.bytes());
    return exchange(request.POST(bytes).build(), patience(body.bytes(), LONGEST_POST));
  }

  /** Sends a small body as it is. */
  public Answer send(String method, String path, String contentType, String body)
      throws IOException, InterruptedException {
    return exchange(
        request(path)
            .header("Content-Type", contentType)
            .method(method, BodyPublishers.ofString(body))
            .build());
  }

  public Answer get(String path) throws IOException, InterruptedException {
    return exchange(request(path).GET().build());
  }

  /** Uploads to somebody else's server, which must not see our keys and headers. */
  public Answer put(URI elsewhere, Map<String, String> headers, byte[] body)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(elsewhere);
    headers.forEach(request::setHeader);
    return exchange(
        request.PUT(BodyPublishers.ofByteArray(body)).build(), patience(body, LONGEST_UPLOAD));
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

  private Answer exchange(HttpRequest request) throws IOException, InterruptedException {
    return exchange(request, timeout);
  }

  private Answer exchange(HttpRequest request, Duration patience)
      throws IOException, InterruptedException {
    HttpResponse<String> response;
    try {
      response = within(patience, http().sendAsync(request, headers -> new BodyExcerpt()));
    } catch (IOException e) {
      // What the JDK makes of a 401 when the application has set an authenticator for its proxy.
      if (String.valueOf(e.getMessage()).endsWith(NO_CHALLENGE)) {
        return new Answer(401, Optional.empty(), Optional.empty(), "");
      }
      throw e;
    }
    return new Answer(
        response.statusCode(),
        response.headers().firstValue("Retry-After"),
        response.headers().firstValue("Location"),
        response.body());
  }

  public URI baseUrl() {
    return baseUrl;
  }

  /** Lets the client go, and its threads with it; there is no other one. */
  public synchronized void close() {
    closed = true;
    HttpClient client = http;
    ExecutorService pool = threads;
    http = null;
    threads = null;
    if (client != null) {
      shutdown(client);
    }
    if (pool != null) {
      pool.shutdownNow();
    }
    for (Gzip each = compressors.poll(); each != null; each = compressors.poll()) {
      each.close();
    }
  }

  synchronized boolean isClosed() {
    return closed;
  }

  /** Made by the first request: it brings threads of its own. */
  private synchronized HttpClient http() throws IOException {
    if (closed) {
      throw new IOException("the Langfuse client is closed");
    }
    HttpClient client = http;
    if (client == null) {
      ExecutorService pool = Executors.newCachedThreadPool(LangfuseEndpoint::daemon);
      client = builder.executor(pool).build();
      http = client;
      threads = pool;
    }
    return client;
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(null, task, "langfuse-http", 0, false);
    thread.setDaemon(true);
    return thread;
  }

  /** JDK 21 has a method for it; before, the client's thread ends when the garbage is collected. */
  private static void shutdown(HttpClient client) {
    try {
      Method method = HttpClient.class.getMethod("shutdownNow");
      method.invoke(client);
    } catch (ReflectiveOperationException olderJdk) {
      // Letting it go is all there is.
    }
  }

  /** The JDK's own request timeout ends with the headers; a body could then take for ever. */
  private static <T> T within(Duration timeout, CompletableFuture<T> exchange)
      throws IOException, InterruptedException {
    try {
      return exchange.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      exchange.cancel(true);
      throw new HttpTimeoutException("no complete answer within " + timeout);
    } catch (InterruptedException e) {
      exchange.cancel(true);
      throw e;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException io) {
        throw io;
      }
      throw new IOException(e.getCause());
    }
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
