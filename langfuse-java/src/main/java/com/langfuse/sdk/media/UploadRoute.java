package com.langfuse.sdk.media;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.langfuse.sdk.internal.JsonBuffers;
import com.langfuse.sdk.line.Answer;
import com.langfuse.sdk.line.Line;
import com.langfuse.sdk.line.Outcome;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A file's way: announced to Langfuse for the place that shows it; put where Langfuse says, which
 * is a store of blobs; reported to Langfuse. Blocks until there is an answer that stands.
 */
final class UploadRoute {

  private static final String PATH = "/api/public/media";
  private static final String GOOGLE = "storage.googleapis.com";
  private static final ObjectMapper JSON = JsonBuffers.own(new ObjectMapper());

  private final Line line;

  UploadRoute(Line line) {
    this.line = line;
  }

  /**
   * How it ended.
   *
   * @param last what Langfuse said to it; null where somebody else had the last word
   * @param passing a failure that may be over soon; null for any other end
   */
  record Verdict(
      boolean arrived,
      int status,
      String words,
      boolean retried,
      @Nullable Outcome last,
      @Nullable Outcome passing) {

    private static final Verdict ARRIVED = new Verdict(true, 200, "", false, null, null);

    private static Verdict of(Outcome outcome) {
      boolean retried = outcome.attempts() > 1;
      return new Verdict(
          outcome.arrived(),
          outcome.status(),
          outcome.words(),
          retried,
          outcome,
          outcome.mayBePayload() ? outcome : null);
    }

    private static Verdict ofUpload(Outcome outcome) {
      String words = "gave an upload URL that " + outcome.words();
      boolean retried = outcome.attempts() > 1;
      return new Verdict(
          outcome.arrived(),
          outcome.status(),
          words,
          retried,
          null,
          outcome.mayBePayload() ? outcome : null);
    }

    private static Verdict lost(String words) {
      return new Verdict(false, Outcome.NO_ANSWER, words, false, null, null);
    }

    private Verdict after(Verdict before) {
      return new Verdict(arrived, status, words, retried || before.retried, last, passing);
    }
  }

  Verdict send(Content content, Place place) throws InterruptedException {
    byte[] announcement = announcement(content, place);
    Outcome announced =
        line.sendAside(
            () ->
                line.endpoint()
                    .send("POST", PATH, announcement)
                    .expecting(UploadRoute::isAnnounced, "mediaId and uploadUrl"));
    Answer answer = announced.answer();
    if (!announced.arrived() || answer == null) {
      return Verdict.of(announced);
    }
    JsonNode body = answer.json();
    String id = body.path("mediaId").asText();
    if (!id.equals(content.hash().id())) {
      return Verdict.lost("calls it '" + id + "', and not " + content.hash().id());
    }
    String url = body.path("uploadUrl").textValue();
    if (url == null) {
      content.stored();
      byte[] report = content.report();
      Verdict stored = Verdict.of(announced);
      return report == null || content.isReported() ? stored : tell(content, report).after(stored);
    }
    return upload(content, url).after(Verdict.of(announced));
  }

  /** With an URL, or with null where the server has the file. */
  private static boolean isAnnounced(JsonNode answer) {
    JsonNode url = answer.path("uploadUrl");
    return answer.path("mediaId").isTextual() && (url.isTextual() || url.isNull());
  }

  private static byte[] announcement(Content content, Place place) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("traceId", place.traceId());
    body.put("observationId", place.observationId());
    body.put("field", place.field().word());
    body.put("contentType", content.contentType());
    body.put("contentLength", content.length());
    body.put("sha256Hash", content.hash().base64());
    return json(body);
  }

  private Verdict upload(Content content, String url) throws InterruptedException {
    URI address = webAddress(url);
    if (address == null) {
      return Verdict.lost("gave an upload URL that is none");
    }
    Verdict put = Verdict.ARRIVED;
    byte[] report = content.report();
    if (report == null) { // else it did arrive, but Langfuse has not heard of it yet
      byte[] bytes = content.bytes();
      if (bytes == null) {
        return Verdict.lost("asks again for what was stored");
      }
      long start = System.nanoTime();
      Map<String, String> headers = headers(address, content);
      String server = "Langfuse gave an upload URL at " + address.getAuthority() + " that ";
      Outcome outcome =
          line.sendElsewhere(server, () -> line.endpoint().put(address, headers, bytes));
      put = Verdict.ofUpload(outcome);
      if (outcome.answer() == null || outcome.isForeign()) { // there is no status to report
        return put;
      }
      report = report(outcome, Duration.ofNanos(System.nanoTime() - start));
      if (put.arrived()) {
        content.uploaded(report);
      }
    }
    Verdict told = tell(content, report);
    return put.arrived() ? told.after(put) : put;
  }

  /** The signature covers all headers at Google's, and these only. */
  private static Map<String, String> headers(URI address, Content content) {
    Map<String, String> headers = new HashMap<>();
    headers.put("Content-Type", content.contentType());
    String host = address.getHost().toLowerCase(Locale.ROOT);
    if (!host.equals(GOOGLE) && !host.endsWith("." + GOOGLE)) {
      headers.put("x-amz-checksum-sha256", content.hash().base64());
      headers.put("x-ms-blob-type", "BlockBlob");
    }
    return headers;
  }

  private static byte[] report(Outcome outcome, Duration time) {
    Map<String, @Nullable Object> body = new LinkedHashMap<>();
    body.put("uploadedAt", Instant.now().truncatedTo(ChronoUnit.MILLIS).toString());
    body.put("uploadHttpStatus", outcome.status());
    body.put("uploadHttpError", outcome.arrived() ? null : outcome.words());
    body.put("uploadTimeMs", time.toMillis());
    return json(body);
  }

  private Verdict tell(Content content, byte[] report) throws InterruptedException {
    String path = PATH + "/" + content.hash().id();
    Outcome told = line.sendAside(() -> line.endpoint().send("PATCH", path, report));
    if (told.arrived()) {
      content.reported();
    }
    return Verdict.of(told);
  }

  /** It is signed, so no log shall show it. */
  private static @Nullable URI webAddress(String url) {
    try {
      URI address = new URI(url);
      String scheme = String.valueOf(address.getScheme()).toLowerCase(Locale.ROOT);
      boolean isWeb = scheme.equals("https") || scheme.equals("http");
      return isWeb && address.getHost() != null ? address : null;
    } catch (URISyntaxException e) {
      return null;
    }
  }

  private static byte[] json(Map<String, ?> body) {
    try {
      return JSON.writeValueAsBytes(body);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException("Texts and numbers are JSON.", impossible);
    }
  }
}
