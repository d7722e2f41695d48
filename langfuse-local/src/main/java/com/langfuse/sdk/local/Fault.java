package com.langfuse.sdk.local;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One way to misbehave, for tests of what a client does then.
 *
 * <pre>{@code
 * langfuse.enqueue(Fault.status(429).retryAfter("1"), Fault.reset());  // first this, then that
 * langfuse.always(Fault.delay(Duration.ofMillis(200)));                // then for good
 * }</pre>
 *
 * <p>A fault hits any request, whatever its path, before the keys are checked, unless {@link #on}
 * narrows it down. Immutable, so one instance may be used many times and from any thread.
 */
public final class Fault {

  enum Kind {
    NONE,
    STATUS,
    DELAY,
    RESET,
    HALF_BODY,
    HANG,
    TOO_LARGE,
    REFUSING
  }

  /** The absence of a fault, which spares the receiver a null check. */
  static final Fault NONE = of(Kind.NONE, 0);

  private final Kind kind;
  private final int number;
  private final Duration delay;
  private final String spanName;
  private final String pathPrefix;
  private final @Nullable String retryAfter;

  private Fault(
      Kind kind,
      int number,
      Duration delay,
      String spanName,
      String pathPrefix,
      @Nullable String retryAfter) {
    this.kind = kind;
    this.number = number;
    this.delay = delay;
    this.spanName = spanName;
    this.pathPrefix = pathPrefix;
    this.retryAfter = retryAfter;
  }

  private static Fault of(Kind kind, int number) {
    return new Fault(kind, number, Duration.ZERO, "", "", null);
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
    return of(Kind.STATUS, status);
  }

  /** Waits, then behaves normally: stores and answers 200. {@code close()} cuts the wait short. */
  public static Fault delay(Duration delay) {
    return new Fault(Kind.DELAY, 0, Objects.requireNonNull(delay, "delay"), "", "", null);
  }

  /** Closes the connection without reading or answering, and stores nothing. */
  public static Fault reset() {
    return of(Kind.RESET, 0);
  }

  /** Stores, announces a longer body than it sends, and closes the connection in the middle. */
  public static Fault halfBody() {
    return of(Kind.HALF_BODY, 0);
  }

  /** Reads the request, then never answers until {@code close()}. Stores nothing. */
  public static Fault hang() {
    return of(Kind.HANG, 0);
  }

  /**
   * Answers 413 when the body is longer, as a reverse proxy with a limit does, else behaves
   * normally.
   *
   * @param maxBytes longest body let through, counted as received, that is compressed
   */
  public static Fault tooLarge(int maxBytes) {
    return of(Kind.TOO_LARGE, maxBytes);
  }

  /**
   * Answers 400 to a whole export, and stores nothing of it, when one of its spans has that name,
   * else behaves normally. So the real server treats an export for a single malformed span.
   *
   * @param spanName as sent, whatever the observation is called later
   */
  public static Fault refusing(String spanName) {
    Objects.requireNonNull(spanName, "spanName");
    return new Fault(Kind.REFUSING, 0, Duration.ZERO, spanName, "", null);
  }

  /**
   * The same fault for some routes only. Other requests behave normally, and leave it where it is
   * when it was enqueued.
   *
   * <pre>{@code
   * langfuse.always(Fault.status(503).on("/api/public/media"));  // traces still get through
   * }</pre>
   *
   * @param pathPrefix how the path of a request must start; the query is no part of it
   * @throws IllegalArgumentException if no path starts like that
   */
  public Fault on(String pathPrefix) {
    if (!Objects.requireNonNull(pathPrefix, "pathPrefix").startsWith("/")) {
      throw new IllegalArgumentException("A path starts with /, unlike '" + pathPrefix + "'");
    }
    return new Fault(kind, number, delay, spanName, pathPrefix, retryAfter);
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
    Objects.requireNonNull(value, "value");
    return new Fault(kind, number, delay, spanName, pathPrefix, value);
  }

  Kind kind() {
    return kind;
  }

  /** How long to wait before behaving; zero for all but a delay. */
  Duration delay() {
    return delay;
  }

  /** Whether requests to that path may meet this fault. */
  boolean concerns(String path) {
    return path.startsWith(pathPrefix);
  }

  /** Whether this fault has something against such a request; some let most of them through. */
  boolean hits(int bodyLength, List<ReceivedSpan> spans) {
    return switch (kind) {
      case TOO_LARGE -> bodyLength > number;
      case REFUSING -> spans.stream().anyMatch(each -> each.name().equals(spanName));
      case NONE, STATUS, DELAY, RESET, HALF_BODY, HANG -> true;
    };
  }

  /** What this fault answers to a body of that length; null when it leaves that to others. */
  @Nullable Answer answer(int bodyLength) {
    return switch (kind) {
      case STATUS -> refusal(number, "Answered with " + number + " on request");
      case TOO_LARGE ->
          refusal(413, "The body has %d bytes, over %d".formatted(bodyLength, number));
      case REFUSING -> refusal(400, "Span '%s' is refused on request".formatted(spanName));
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
    return what()
        + (pathPrefix.isEmpty() ? "" : ".on(" + pathPrefix + ")")
        + (retryAfter == null ? "" : ".retryAfter(" + retryAfter + ")");
  }

  private String what() {
    return switch (kind) {
      case NONE -> "none";
      case STATUS -> "status(" + number + ")";
      case DELAY -> "delay(" + delay + ")";
      case RESET -> "reset()";
      case HALF_BODY -> "halfBody()";
      case HANG -> "hang()";
      case TOO_LARGE -> "tooLarge(" + number + ")";
      case REFUSING -> "refusing(" + spanName + ")";
    };
  }
}
