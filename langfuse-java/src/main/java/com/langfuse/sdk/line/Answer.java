package com.langfuse.sdk.line;

import java.util.Optional;

/**
 * What a server said. Any status is an answer.
 *
 * @param retryAfter the header as it came
 * @param body its beginning
 */
public record Answer(int status, Optional<String> retryAfter, String body) {

  public boolean isSuccess() {
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

  /** For a log line. */
  String excerpt() {
    return body.length() <= 300 ? body : body.substring(0, 300) + "…";
  }
}
