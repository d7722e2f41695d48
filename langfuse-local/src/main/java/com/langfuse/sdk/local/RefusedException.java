package com.langfuse.sdk.local;

/** What came is nothing Langfuse would take; status and message go back to the sender. */
final class RefusedException extends Exception {

  private static final long serialVersionUID = 1L;

  private final int status;

  RefusedException(int status, String message) {
    super(message);
    this.status = status;
  }

  /** Refused with 400, as most of what is refused. */
  RefusedException(String message) {
    this(400, message);
  }

  RefusedException(String message, Throwable cause) {
    super(message + ": " + cause.getMessage(), cause);
    this.status = 400;
  }

  Answer answer() {
    return Answer.error(status, String.valueOf(getMessage()));
  }
}
