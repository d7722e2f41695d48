package com.langfuse.sdk.local;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Sends what a folder keeps to a Langfuse, under the ids it has: to send it twice does no harm.
 * Ends at the first line that is not taken.
 */
final class Resend {

  private static final Duration TIMEOUT = Duration.ofSeconds(60);
  private static final int TRIES = 6;
  private static final String SDK_NAME = "langfuse-local";

  /** What to do with one line; how many things in it were refused, unless it was as a whole. */
  private interface Sending {
    int send(String line) throws IOException, InterruptedException, RefusedException;
  }

  private final URI target;
  private final String publicKey;
  private final String authorization;
  private final Duration pause;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(TIMEOUT).build();

  /**
   * @param pause before the second try, doubled for each one after that
   */
  Resend(URI target, String publicKey, String secretKey, Duration pause) {
    this.target = target;
    this.publicKey = publicKey;
    this.authorization = Api.basic(publicKey, secretKey);
    this.pause = pause;
  }

  /**
   * @throws IllegalArgumentException if the address or a key is missing or makes no sense
   */
  static Resend to(String address, UnaryOperator<@Nullable String> environment) {
    URI target = URI.create(address.endsWith("/") ? address : address + "/");
    if (target.getHost() == null) {
      throw new IllegalArgumentException(
          "--send-to needs an address like https://host, not " + address);
    }
    return new Resend(
        target,
        key("LANGFUSE_PUBLIC_KEY", environment),
        key("LANGFUSE_SECRET_KEY", environment),
        Duration.ofSeconds(1));
  }

  private static String key(String name, UnaryOperator<@Nullable String> environment) {
    String key = environment.apply(name);
    if (key == null || key.isBlank()) {
      throw new IllegalArgumentException("--send-to needs the keys of that Langfuse: set " + name);
    }
    return key;
  }

  /** Files first, so that a trace shows them at once. */
  void send(Path folder, PrintStream out) throws IOException, InterruptedException {
    if (!Files.isDirectory(folder)) {
      throw new IOException("There is no folder " + folder);
    }
    sendAll(folder, Archive.MEDIA, this::sendMedia, out);
    sendAll(folder, Archive.TRACES, this::sendTraces, out);
    sendAll(folder, Archive.SCORES, this::sendScores, out);
  }

  private void sendAll(Path folder, String kind, Sending sending, PrintStream out)
      throws IOException, InterruptedException {
    int sent = 0;
    int refused = 0;
    for (Path file : JsonLines.files(folder, kind)) {
      try (Stream<String> lines = JsonLines.lines(file)) {
        for (Iterator<String> each = lines.iterator(); each.hasNext(); ) {
          String line = each.next();
          if (Json.parse(line) == null) {
            refused++; // cut off, as by a full disk
            continue;
          }
          try {
            refused += sending.send(line);
            sent++;
          } catch (RefusedException e) {
            refused++;
            out.println(e.getMessage());
          }
        }
      }
    }
    out.printf(
        "%s: %d sent%s%n", kind, sent, refused == 0 ? "" : ", %d refused".formatted(refused));
  }

  private int sendTraces(String line) throws IOException, InterruptedException, RefusedException {
    post(TraceExport.PATH, line);
    return 0;
  }

  private int sendScores(String line) throws IOException, InterruptedException, RefusedException {
    return post(ScoreRoutes.INGESTION, line).path("errors").size();
  }

  private int sendMedia(String line) throws IOException, InterruptedException, RefusedException {
    MediaLine file = Json.read(line, MediaLine.class);
    if (file == null || !file.isWhole()) {
      return 1;
    }
    for (LocalMedia.Link link : file.links()) {
      JsonNode answer = post(MediaRoutes.MEDIA, Json.text(announcement(file, link)));
      String url = answer.path("uploadUrl").asText(null);
      if (url != null && file.bytes() != null) {
        try {
          upload(file, file.bytes(), url, answer.path("mediaId").asText());
        } catch (IllegalArgumentException e) {
          throw new IOException(
              "POST %s answered with no address: %s"
                  .formatted(MediaRoutes.MEDIA, TerminalText.oneLine(answer.toString(), 200)),
              e);
        }
      }
    }
    return 0;
  }

  private static Map<String, Object> announcement(MediaLine file, LocalMedia.Link link) {
    Map<String, Object> announcement = new LinkedHashMap<>();
    announcement.put("sha256Hash", file.sha256Hash());
    announcement.put("contentType", file.contentType());
    announcement.put("contentLength", file.contentLength());
    announcement.put("traceId", link.traceId());
    announcement.put("field", link.field());
    if (link.observationId() != null) {
      announcement.put("observationId", link.observationId());
    }
    return announcement;
  }

  private void upload(MediaLine file, byte[] bytes, String url, String mediaId)
      throws IOException, InterruptedException, RefusedException {
    HttpRequest.Builder put =
        HttpRequest.newBuilder(target.resolve(url))
            .header("Content-Type", file.contentType())
            .PUT(BodyPublishers.ofByteArray(bytes));
    if (!MediaRoutes.isGoogle(target.resolve(url).getHost())) {
      put.header(MediaRoutes.CHECKSUM, file.sha256Hash()).header("x-ms-blob-type", "BlockBlob");
    }
    HttpResponse<String> uploaded = exchange(put);
    String report =
        Json.text(
            Map.of(
                "uploadedAt", Instant.now().toString(),
                "uploadHttpStatus", uploaded.statusCode()));
    exchange(
        request(MediaRoutes.MEDIA + "/" + mediaId)
            .method("PATCH", BodyPublishers.ofString(report)));
  }

  private JsonNode post(String path, String body)
      throws IOException, InterruptedException, RefusedException {
    String answer = exchange(request(path).POST(BodyPublishers.ofString(body))).body();
    JsonNode json = Json.parse(answer);
    if (json == null || !json.isObject()) {
      throw new IOException(
          "%s is no Langfuse: to POST %s it answered %s"
              .formatted(target.getAuthority(), path, TerminalText.oneLine(answer, 200)));
    }
    return json;
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(target.resolve(path.substring(1)))
        .header("Authorization", authorization)
        .header("Content-Type", "application/json")
        // The folder does not keep who has sent what. Without a name it would count as unknown.
        .header("x-langfuse-sdk-name", SDK_NAME)
        .header(
            "x-langfuse-sdk-version",
            Objects.requireNonNullElse(LocalLangfuse.version(), "development"))
        .header("x-langfuse-public-key", publicKey)
        .header("x-langfuse-ingestion-version", "4");
  }

  /** Tries again what may be taken later. */
  private HttpResponse<String> exchange(HttpRequest.Builder builder)
      throws IOException, InterruptedException, RefusedException {
    HttpRequest request = builder.timeout(TIMEOUT).build();
    Duration wait = pause;
    for (int tries = 1; ; tries++) {
      HttpResponse<String> answer = ask(request);
      int status = answer.statusCode();
      if (status >= 200 && status < 300) {
        return answer;
      }
      String problem =
          "%s %s answered %d: %s"
              .formatted(
                  request.method(),
                  request.uri().getPath(),
                  status,
                  TerminalText.oneLine(answer.body(), 200));
      if (status == 400 || status == 413) {
        throw new RefusedException(problem); // this line, not those behind it
      } else if (tries == TRIES || (status != 429 && status < 500)) {
        throw new IOException(problem);
      }
      Thread.sleep(wait.toMillis());
      wait = wait.multipliedBy(2);
    }
  }

  /** Says whom it asked, which the client's exceptions do not: some have no message at all. */
  private HttpResponse<String> ask(HttpRequest request) throws IOException, InterruptedException {
    var answer = client.sendAsync(request, BodyHandlers.ofString(StandardCharsets.UTF_8));
    try {
      // The request's own time limit ends with the headers of the answer.
      return answer.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      answer.cancel(true);
      throw new IOException(
          "No answer from %s to %s %s: %s"
              .formatted(
                  request.uri().getAuthority(),
                  request.method(),
                  request.uri().getPath(),
                  e.getCause() == null ? "it takes too long" : e.getCause()),
          e);
    }
  }
}
