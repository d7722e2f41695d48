package com.langfuse.sdk.local;

import java.time.Instant;
import java.util.Map;

/**
 * One HTTP request as it came in, and how it was answered. For tests of an exporter: headers sent,
 * batches made, retries after a {@link Fault}.
 *
 * @param method upper case
 * @param path without query
 * @param headers names in lower case; several values of one name are joined by a comma
 * @param body bytes as received, still compressed; empty when the connection was closed unread,
 *     when the keys were wrong, or when {@link LocalLangfuse.Builder#keepBodies bodies are not
 *     kept}. Not copied: treat as read-only
 * @param spans how many spans the body carried, stored or not; 0 when it could not be read as an
 *     export
 * @param status status answered; 0 when the connection was closed or left without an answer
 * @param at when it came in, which with a delay is well before it was answered
 */
@SuppressWarnings("ArrayRecordComponent") // bodies of megabytes are not copied for each look
public record ReceivedRequest(
    String method,
    String path,
    Map<String, String> headers,
    byte[] body,
    int spans,
    int status,
    Instant at) {

  /** Copies the headers. */
  public ReceivedRequest {
    headers = Ordered.copy(headers);
  }

  ReceivedRequest withoutBody() {
    return new ReceivedRequest(method, path, headers, new byte[0], spans, status, at);
  }

  /** One line without headers, so that no key ends up in a log. */
  @Override
  public String toString() {
    return "%s %s → %s (%s, %s)"
        .formatted(
            method,
            path,
            status == 0 ? "no answer" : status,
            TerminalText.count(spans, "span"),
            TerminalText.count(body.length, "byte"));
  }
}
