package com.langfuse.sdk.line;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.langfuse.sdk.internal.Settings;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A server's response with its body read. Any status is one.
 *
 * @param retryAfter the header's value as received
 * @param location the target of a redirect
 * @param json the body; that of an OTLP response in protobuf as OTLP JSON; missing for other bodies
 * @param mismatch what a response of success status has that those of this route do not; null for a
 *     response of the route, and for any other status
 * @param excerpt the beginning of the body, for log lines
 */
public record Answer(
    int status,
    Optional<String> retryAfter,
    Optional<String> location,
    JsonNode json,
    @Nullable String mismatch,
    String excerpt) {

  private static final String CHECK_ADDRESS =
      " (not a response of Langfuse: check "
          + Settings.BASE_URL_NAME
          + " and the proxies on the way there)";
  private static final String CHECK_KEYS =
      " (check "
          + Settings.KEY_NAMES
          + ", and that "
          + Settings.BASE_URL_NAME
          + " is the server these keys belong to)";
  private static final String CHECK_PROXY =
      " (the proxy wants credentials: set an authenticator with delivery { httpClient })";

  /** The response of a Langfuse or OTLP route. */
  static Answer ofApi(HttpResponse<byte[]> response) {
    ResponseBody body = ResponseBody.of(response);
    return of(response, body, body.apiMismatch());
  }

  /** The response of an object store to an upload. */
  static Answer ofStore(HttpResponse<byte[]> response) {
    ResponseBody body = ResponseBody.of(response);
    return of(response, body, body.storeMismatch());
  }

  private static Answer of(
      HttpResponse<byte[]> response, ResponseBody body, @Nullable String mismatch) {
    return new Answer(
        response.statusCode(),
        response.headers().firstValue("Retry-After"),
        response.headers().firstValue("Location"),
        body.json(),
        isSuccess(response.statusCode()) ? mismatch : null,
        body.excerpt());
  }

  /** A response without a request, read as any other: it loads the classes that this takes. */
  public static Answer sample(String contentType, String text) {
    ResponseBody body = ResponseBody.of(contentType, text.getBytes(StandardCharsets.UTF_8));
    return new Answer(
        200, Optional.empty(), Optional.empty(), body.json(), body.apiMismatch(), body.excerpt());
  }

  /** A response of which the HTTP client tells the status only. */
  static Answer ofStatus(int status) {
    return new Answer(
        status, Optional.empty(), Optional.empty(), MissingNode.getInstance(), null, "");
  }

  /**
   * This response, as a mismatch if it has success status and not the form of its route.
   *
   * @param form whether the body is one of the route
   * @param missing what a body of another form lacks, for people
   */
  public Answer expecting(Predicate<JsonNode> form, String missing) {
    return isSuccess() && !form.test(json)
        ? new Answer(status, retryAfter, location, json, "no " + missing, excerpt)
        : this;
  }

  /** True for success status and a body that fits the route. */
  public boolean isSuccess() {
    return isSuccess(status) && mismatch == null;
  }

  private static boolean isSuccess(int status) {
    return status / 100 == 2;
  }

  /**
   * True where something else responds in place of the server, such as a login page, a captive
   * portal or a redirect to one: what was sent was not judged.
   */
  public boolean isForeign() {
    return mismatch != null || status / 100 == 3 || status == 511;
  }

  /**
   * Langfuse answers 500 while its storage hiccups, so that is worth another try too; 407 is a
   * proxy's, and says nothing about what is sent.
   */
  boolean isWorthARetry() {
    return switch (status) {
      case 407, 408, 429, 500, 502, 503, 504 -> true;
      default -> false;
    };
  }

  boolean isMalformed() {
    return status == 400;
  }

  boolean refusesKeys() {
    return status == 401 || status == 403;
  }

  /** True where a proxy does not let the request through. */
  boolean isOfProxy() {
    return status == 407;
  }

  /** For a log line, after the name of the server. */
  public String words() {
    String with = mismatch == null ? "" : " with " + mismatch;
    String where = location.map(to -> " (it is at " + to + ")").orElse("");
    String hint = isOfProxy() ? CHECK_PROXY : "";
    return "answered " + status + with + where + (excerpt.isEmpty() ? "" : ": " + excerpt) + hint;
  }

  /** What to do about a request to Langfuse that was refused; empty where the words say it all. */
  String hint() {
    return isForeign() ? CHECK_ADDRESS : refusesKeys() ? CHECK_KEYS : "";
  }
}
