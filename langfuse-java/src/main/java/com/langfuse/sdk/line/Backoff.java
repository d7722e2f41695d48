package com.langfuse.sdk.line;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.ThreadLocalRandom;

/** How long to wait before the next try: doubling, with jitter; or as the server asks. */
final class Backoff {

  /** No server can put us to sleep for longer. */
  static final Duration LONGEST_ASKED = Duration.ofMinutes(2);

  private static final long FIRST_MILLIS = 500;
  private static final long LONGEST_MILLIS = 8_000;
  private static final int DOUBLINGS = 10;

  private Backoff() {}

  /**
   * @param tries how often it was tried so far
   */
  static Duration after(int tries) {
    long base = Math.min(LONGEST_MILLIS, FIRST_MILLIS << Math.min(tries - 1, DOUBLINGS));
    long jittered = base - base / 5 + ThreadLocalRandom.current().nextLong(base * 2 / 5 + 1);
    return Duration.ofMillis(jittered);
  }

  /** What a Retry-After header asks for, in seconds or as a date; zero for what is neither. */
  static Duration asked(String retryAfter, Instant now) {
    Duration asked = parsed(retryAfter.strip(), now);
    if (asked.isNegative()) {
      return Duration.ZERO;
    }
    return asked.compareTo(LONGEST_ASKED) > 0 ? LONGEST_ASKED : asked;
  }

  private static Duration parsed(String retryAfter, Instant now) {
    try {
      return Duration.ofSeconds(Long.parseLong(retryAfter));
    } catch (NumberFormatException noSeconds) {
      try {
        ZonedDateTime date = ZonedDateTime.parse(retryAfter, DateTimeFormatter.RFC_1123_DATE_TIME);
        return Duration.between(now, date.toInstant());
      } catch (DateTimeException noDate) {
        return Duration.ZERO;
      }
    }
  }
}
