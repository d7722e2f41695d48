package com.langfuse.sdk.line;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How sending ended.
 *
 * @param answer the last one; null when none came at all
 * @param words what happened, for a log line: {@code answered 400: …}
 * @param attempts how often it was sent
 */
public record Outcome(@Nullable Answer answer, String words, int attempts) {

  /** Stands for "no answer" among the statuses. */
  public static final int NO_ANSWER = 0;

  static Outcome of(Answer answer, int attempts) {
    return new Outcome(answer, answer.words(), attempts);
  }

  static Outcome of(Exception unreachable, int attempts) {
    Throwable root = unreachable;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String cause = root == unreachable ? "" : ", " + root;
    return new Outcome(null, "could not be reached (" + unreachable + cause + ")", attempts);
  }

  public boolean arrived() {
    return answer != null && answer.isSuccess();
  }

  public int status() {
    return answer == null ? NO_ANSWER : answer.status();
  }

  /** Langfuse does not know the keys, or does not let them write. */
  public boolean refusesKeys() {
    return answer != null && answer.refusesKeys();
  }

  /** It may be better soon: no answer, or one that is worth another try. */
  public boolean isPassing() {
    return answer == null || answer.isWorthARetry();
  }

  Optional<String> retryAfter() {
    return answer == null ? Optional.empty() : answer.retryAfter();
  }
}
