package com.langfuse.sdk.line;

import java.util.Optional;

/**
 * What a server said. Any status is an answer.
 *
 * @param retryAfter the header as it came
 * @param location where a redirect leads
 * @param body its beginning
 */
public record Answer(
    int status, Optional<String> retryAfter, Optional<String> location, String body) {

  public boolean isSuccess() {
    return status / 100 == 2;
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

  /** For a log line. */
  String words() {
    String text = body.length() <= 300 ? body : body.substring(0, 300) + "…";
    String where = location.map(to -> " (it is at " + to + ")").orElse("");
    return "answered " + status + where + (text.isEmpty() ? "" : ": " + text);
  }
}
