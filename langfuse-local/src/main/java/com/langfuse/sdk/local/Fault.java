package com.langfuse.sdk.local;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One way to misbehave, for tests of what a client does then.
 *
 * <pre>{@code
 * langfuse.enqueue(Fault.status(429).retryAfter("1"), Fault.reset());  // first this, then that
 * langfuse.always(Fault.delay(Duration.ofMillis(200)));                // then for good
 * }</pre>
 *
 * <p>A fault hits any request, whatever its path, before the keys are checked. Immutable, so one
 * instance may be used many times and from any thread.
 */
public final class Fault {

  enum Kind {
    NONE,
    STATUS,
    DELAY,
    RESET,
    HALF_BODY,
    HANG,
    TOO_LARGE
  }

  /** The absence of a fault, which spares the receiver a null check. */
  static final Fault NONE = new Fault(Kind.NONE, 0, Duration.ZERO, null);

  private final Kind kind;
  private final int number;
  private final Duration delay;
  private final @Nullable String retryAfter;

  private Fault(Kind kind, int number, Duration delay, @Nullable String retryAfter) {
    this.kind = kind;
    this.number = number;
    this.delay = delay;
    this.retryAfter = retryAfter;
  }

  /**
   * Answers with that status and a JSON message, and stores nothing.
   *
   * @param status 200 to 599; a success status makes a server that loses what it confirms
   * @throws IllegalArgumentException if the status is out of range
   */
  public static Fault status(int status) {
    if (status < 200 || status > 599) {
      throw new IllegalArgumentException("status must be 200..599, not " + status);
    }
    return new Fault(Kind.STATUS, status, Duration.ZERO, null);
  }

  /** Waits, then behaves normally: stores and answers 200. {@code close()} cuts the wait short. */
  public static Fault delay(Duration delay) {
    return new Fault(Kind.DELAY, 0, delay, null);
  }

  /** Closes the connection without reading or answering, and stores nothing. */
  public static Fault reset() {
    return new Fault(Kind.RESET, 0, Duration.ZERO, null);
  }

  /** Stores, announces a longer body than it sends, and closes the connection in the middle. */
  public static Fault halfBody() {
    return new Fault(Kind.HALF_BODY, 0, Duration.ZERO, null);
  }

  /** Reads the request, then never answers until {@code close()}. Stores nothing. */
  public static Fault hang() {
    return new Fault(Kind.HANG, 0, Duration.ZERO, null);
  }

  /**
   * Answers 413 when the body is longer, as a reverse proxy with a limit does, else behaves
   * normally.
   *
   * @param maxBytes longest body let through, counted as received, that is compressed
   */
  public static Fault tooLarge(int maxBytes) {
    return new Fault(Kind.TOO_LARGE, maxBytes, Duration.ZERO, null);
  }

  /**
   * The same fault with a {@code Retry-After} header.
   *
   * @param value header text as is, so that seconds, dates and nonsense can all be tried
   * @throws IllegalStateException if this fault does not answer with a status of its own
   */
  public Fault retryAfter(String value) {
    if (kind != Kind.STATUS && kind != Kind.TOO_LARGE) {
      throw new IllegalStateException(this + " sends no Retry-After; use it with a status");
    }
    return new Fault(kind, number, delay, value);
  }

  Kind kind() {
    return kind;
  }

  /** How long to wait before behaving; zero for all but a delay. */
  Duration delay() {
    return delay;
  }

  /**
   * The answer this fault gives to a body of that length; null when it lets the request through.
   */
  @Nullable Answer answer(int bodyLength) {
    return switch (kind) {
      case STATUS -> refusal(number, "Answered with " + number + " on request");
      case TOO_LARGE ->
          bodyLength > number
              ? refusal(413, "The body has %d bytes, over %d".formatted(bodyLength, number))
              : null;
      case NONE, DELAY, RESET, HALF_BODY, HANG -> null;
    };
  }

  private Answer refusal(int status, String message) {
    Answer answer = Answer.error(status, message);
    return retryAfter == null ? answer : answer.withHeader("Retry-After", retryAfter);
  }

  /** For messages: the call that makes this fault. */
  @Override
  public String toString() {
    return switch (kind) {
      case NONE -> "none";
      case STATUS -> "status(" + number + ")" + suffix();
      case DELAY -> "delay(" + delay + ")";
      case RESET -> "reset()";
      case HALF_BODY -> "halfBody()";
      case HANG -> "hang()";
      case TOO_LARGE -> "tooLarge(" + number + ")" + suffix();
    };
  }

  private String suffix() {
    return retryAfter == null ? "" : ".retryAfter(" + retryAfter + ")";
  }
}
