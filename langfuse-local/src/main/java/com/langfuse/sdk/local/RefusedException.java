package com.langfuse.sdk.local;

/** What came is nothing Langfuse would take; status and message go back to the sender. */
final class RefusedException extends Exception {

  private static final long serialVersionUID = 1L;

  private final int status;
  private final boolean plain;

  RefusedException(int status, String message) {
    this(status, message, false);
  }

  private RefusedException(int status, String message, boolean plain) {
    super(message);
    this.status = status;
    this.plain = plain;
  }

  /** Refused by what parses bodies in front of Langfuse's routes: its answers are plain text. */
  static RefusedException byParser(int status, String message) {
    return new RefusedException(status, message, true);
  }

  /** Refused with 400, as most of what is refused. */
  RefusedException(String message) {
    this(400, message);
  }

  RefusedException(String message, Throwable cause) {
    super(message + ": " + cause.getMessage(), cause);
    this.status = 400;
    this.plain = false;
  }

  Answer answer() {
    String message = String.valueOf(getMessage());
    return plain ? Answer.text(status, message) : Answer.error(status, message);
  }
}
