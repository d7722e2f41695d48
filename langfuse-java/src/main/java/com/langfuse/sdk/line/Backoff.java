package com.langfuse.sdk.export;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/** How long to wait before the next try: doubling, with jitter, at least what the server asks. */
final class Backoff {

  static final int MAX_ATTEMPTS = 5;

  private static final long FIRST_MILLIS = 500;
  private static final long LONGEST_MILLIS = 5_000;
  private static final long LONGEST_ASKED_SECONDS = 30;

  private Backoff() {}

  static Duration beforeAttempt(int attempt, Optional<String> retryAfter) {
    long base = Math.min(LONGEST_MILLIS, FIRST_MILLIS << Math.min(attempt - 2, 10));
    long jittered = base - base / 5 + ThreadLocalRandom.current().nextLong(base * 2 / 5 + 1);
    long asked = retryAfter.map(Backoff::seconds).orElse(0L) * 1000;
    return Duration.ofMillis(Math.max(jittered, asked));
  }

  private static long seconds(String header) {
    try {
      return Math.max(0, Math.min(LONGEST_ASKED_SECONDS, Long.parseLong(header.strip())));
    } catch (NumberFormatException date) {
      return 0;
    }
  }
}
