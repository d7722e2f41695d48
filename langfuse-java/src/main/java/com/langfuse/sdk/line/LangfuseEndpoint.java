package com.langfuse.sdk.export;

import com.langfuse.sdk.internal.SdkVersion;
import com.langfuse.sdk.internal.Settings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/** The one HTTP line to Langfuse: address, keys, headers, compression, time limits. Threadsafe. */
final class LangfuseEndpoint {

  private final URI baseUrl;
  private final String publicKey;
  private final String authorization;
  private final Map<String, String> headers;
  private final Duration timeout;
  private @Nullable HttpClient http;

  LangfuseEndpoint(Settings settings) {
    this.baseUrl = settings.baseUrl();
    this.publicKey = Objects.requireNonNull(settings.publicKey());
    String keys = publicKey + ":" + Objects.requireNonNull(settings.secretKey());
    this.authorization =
        "Basic " + Base64.getEncoder().encodeToString(keys.getBytes(StandardCharsets.UTF_8));
    this.headers = settings.headers();
    this.timeout = settings.timeout();
  }

  /** Sends a body, gzipped, and waits for the whole answer. Any status is an answer. */
  Answer post(String path, String contentType, byte[] body)
      throws IOException, InterruptedException {
    return exchange(
        request(path)
            .header("Content-Type", contentType)
            .header("Content-Encoding", "gzip")
            .POST(HttpRequest.BodyPublishers.ofByteArray(gzip(body)))
            .build());
  }

  /** Asks, and waits for the whole answer. */
  Answer get(String path) throws IOException, InterruptedException {
    return exchange(request(path).GET().build());
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
    HttpResponse<String> response =
        within(timeout, http().sendAsync(request, headers -> new BodyExcerpt()));
    return new Answer(
        response.statusCode(), response.headers().firstValue("Retry-After"), response.body());
  }

  URI baseUrl() {
    return baseUrl;
  }

  /** Lets the client go, and its threads with it. A later post would make a new one. */
  synchronized void close() {
    http = null;
  }

  /** Made by the first request: it brings threads of its own. */
  private synchronized HttpClient http() {
    HttpClient client = http;
    if (client == null) {
      client =
          HttpClient.newBuilder()
              // The JDK offers an upgrade to HTTP/2 on plain http, and a self-hosted Langfuse
              // hangs up on that.
              .version(isPlain(baseUrl) ? HttpClient.Version.HTTP_1_1 : HttpClient.Version.HTTP_2)
              .connectTimeout(timeout)
              .build();
      http = client;
    }
    return client;
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

  private static byte[] gzip(byte[] body) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(body.length / 3 + 64);
    try (OutputStream gzip = new FastGzip(bytes)) {
      gzip.write(body);
    }
    return bytes.toByteArray();
  }

  /** What the server said. */
  record Answer(int status, Optional<String> retryAfter, String body) {

    boolean isSuccess() {
      return status / 100 == 2;
    }

    /** Langfuse answers 500 while its storage hiccups, so that is worth another try too. */
    boolean isWorthARetry() {
      return switch (status) {
        case 408, 429, 500, 502, 503, 504 -> true;
        default -> false;
      };
    }

    boolean refusesKeys() {
      return status == 401 || status == 403;
    }

    /** The beginning of what the server wrote, for a log line. */
    String excerpt() {
      return body.length() <= 300 ? body : body.substring(0, 300) + "…";
    }
  }

  /** Level 1 costs a third of the default's time and a fifth more bytes. */
  private static final class FastGzip extends GZIPOutputStream {
    FastGzip(OutputStream out) throws IOException {
      super(out, 16 * 1024);
      def.setLevel(Deflater.BEST_SPEED);
    }
  }
}
