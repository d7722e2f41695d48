package com.langfuse.sdk.line;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How sending ended.
 *
 * @param answer the last one; null when none came at all
 * @param words what happened, for a log line after the server's name: {@code answered 400: …}
 * @param attempts how often it was sent
 * @param isUnreachable true where the last attempt got no connection to the server
 */
public record Outcome(@Nullable Answer answer, String words, int attempts, boolean isUnreachable) {

  /** Stands for "no answer" among the statuses. */
  public static final int NO_ANSWER = 0;

  /** A response in place of the server's is final after so many attempts. */
  private static final int MAX_FOREIGN = 3;

  /** Of a request to Langfuse. */
  static Outcome of(Answer answer, int attempts) {
    return new Outcome(answer, answer.words() + answer.hint(), attempts, answer.isOfProxy());
  }

  /** Of an upload to an object store, whose refusals have nothing to do with keys and base URL. */
  static Outcome ofUpload(Answer answer, int attempts) {
    return new Outcome(answer, answer.words(), attempts, answer.isOfProxy());
  }

  static Outcome of(Exception e, int attempts) {
    return e instanceof NoResponseException known
        ? new Outcome(null, String.valueOf(known.getMessage()), attempts, known.isUnreachable())
        : new Outcome(null, "could not be asked (" + e + ")", attempts, false);
  }

  /** A failure for a log line; the application's own may fail to say what it is. */
  public static String describe(Throwable failure) {
    try {
      return failure.toString();
    } catch (Throwable inToString) {
      return failure.getClass().getName();
    }
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

  /** Something else responds in place of the server; see {@link Answer#isForeign}. */
  public boolean isForeign() {
    return answer != null && answer.isForeign();
  }

  /** It says nothing about what was sent, and is not expected to change soon. */
  boolean isRefusal() {
    return refusesKeys() || (isForeign() && attempts >= MAX_FOREIGN);
  }

  /** It may be better soon: no answer, or one that is worth another try. */
  public boolean isPassing() {
    return answer == null || answer.isWorthARetry();
  }

  /**
   * Whether what was sent may be the cause of a failure that otherwise passes: an error in the
   * server or behind a proxy, or no answer after the connection was made.
   */
  public boolean mayBePayload() {
    return switch (status()) {
      case 500, 502, 504 -> true;
      case NO_ANSWER -> !isUnreachable;
      default -> false;
    };
  }

  /** {@link #isPassing}, or a response in place of the server's that may be gone soon. */
  boolean isWorthARetry() {
    return isPassing() || (isForeign() && attempts < MAX_FOREIGN);
  }

  Optional<String> retryAfter() {
    return answer == null ? Optional.empty() : answer.retryAfter();
  }
}
