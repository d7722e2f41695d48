package com.langfuse.sdk.line;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.langfuse.sdk.internal.JsonBuffers;
import com.langfuse.sdk.internal.ProtoFields;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * A response's body, read by its media type and its content.
 *
 * @param json a missing node for a body that is neither JSON nor an OTLP response
 * @param isHtml true for a media type of web pages, or a body that begins as one
 */
record ResponseBody(JsonNode json, String text, boolean isHtml) {

  private static final ObjectMapper JSON =
      JsonBuffers.own(
          JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build());
  private static final int MAX_INFLATED = 1 << 20;
  private static final int MAX_EXCERPT = 300;
  private static final Pattern HTML = Pattern.compile("(?is)\\s*<(!doctype\\s+html|html).*");
  private static final Pattern TITLE = Pattern.compile("(?is)<title[^>]*>\\s*(.*?)\\s*</title>");

  static ResponseBody of(HttpResponse<byte[]> response) {
    return of(response.headers().firstValue("Content-Type").orElse(""), plain(response));
  }

  /**
   * @param contentType the header's value; empty where there is none
   * @param bytes not compressed
   */
  static ResponseBody of(String contentType, byte[] bytes) {
    String type = contentType.toLowerCase(Locale.ROOT);
    String text = new String(bytes, StandardCharsets.UTF_8);
    JsonNode json = parsed(bytes);
    if (json.isObject()) {
      return new ResponseBody(json, text, false);
    }
    boolean isHtml =
        type.contains("text/html") || type.contains("xhtml") || HTML.matcher(text).matches();
    boolean mayBeProtobuf = !isHtml && !type.startsWith("text/") && !type.contains("json");
    JsonNode otlp = mayBeProtobuf ? otlpResponse(bytes, type.contains("protobuf")) : null;
    return otlp == null
        ? new ResponseBody(json, text, isHtml)
        : new ResponseBody(otlp, otlp.isEmpty() ? "" : otlp.toString(), false);
  }

  /** Some proxies compress without having been asked to. */
  private static byte[] plain(HttpResponse<byte[]> response) {
    // The JDK has no body where a proxy refuses to connect.
    byte[] body = Objects.requireNonNullElse(response.body(), new byte[0]);
    String encoding = response.headers().firstValue("Content-Encoding").orElse("");
    if (!encoding.toLowerCase(Locale.ROOT).contains("gzip")) {
      return body;
    }
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(body))) {
      return in.readNBytes(MAX_INFLATED);
    } catch (IOException notGzip) {
      return body;
    }
  }

  private static JsonNode parsed(byte[] bytes) {
    try {
      return JSON.readTree(bytes);
    } catch (IOException notJson) {
      return MissingNode.getInstance();
    }
  }

  /**
   * An ExportTraceServiceResponse of opentelemetry-proto; null for other bytes.
   *
   * @param mayHaveMore false for bytes that are not declared protobuf: text may look like fields
   */
  private static @Nullable JsonNode otlpResponse(byte[] bytes, boolean mayHaveMore) {
    ObjectNode response = JSON.createObjectNode();
    try {
      ProtoFields fields = new ProtoFields(bytes);
      while (fields.next()) {
        if (fields.is(1)) {
          readPartialSuccess(fields.message(), response.putObject("partialSuccess"));
        } else if (!mayHaveMore) {
          return null;
        }
      }
      return response;
    } catch (RuntimeException notProtobuf) {
      return null;
    }
  }

  private static void readPartialSuccess(ProtoFields fields, ObjectNode partial) {
    while (fields.next()) {
      if (fields.isInteger(1)) {
        partial.put("rejectedSpans", fields.integer());
      } else if (fields.is(2)) {
        partial.put("errorMessage", fields.text());
      }
    }
  }

  /** What a response of success status has that no route of Langfuse or OTLP gives; else null. */
  @Nullable String apiMismatch() {
    if (isHtml) {
      return "a web page";
    } else if (text.isBlank() || json.isNull()) {
      return null;
    } else if (!json.isObject()) {
      return "a body that is no JSON object";
    }
    JsonNode error = json.path("error");
    boolean saysError =
        error.isTextual() || error.isObject() || (error.isBoolean() && error.asBoolean());
    return saysError || isFalse("success") || isFalse("ok") ? "an error in its body" : null;
  }

  private boolean isFalse(String field) {
    return json.path(field).isBoolean() && !json.path(field).asBoolean();
  }

  /** The same for object stores, whose empty success responses may be declared HTML. */
  @Nullable String storeMismatch() {
    return text.stripLeading().startsWith("<") ? "a web page or an error in its body" : null;
  }

  /** The beginning of the body, or the title of a web page. */
  String excerpt() {
    Matcher title = TITLE.matcher(text);
    String whole = isHtml && title.find() ? title.group(1) : text;
    String shown = whole.strip().replaceAll("\\s+", " ");
    return shown.length() <= MAX_EXCERPT ? shown : shown.substring(0, MAX_EXCERPT) + "…";
  }
}
