package com.langfuse.sdk.local;

/** The body is not an export Langfuse would take; the message goes back to the sender with 400. */
final class BadExportException extends Exception {

  private static final long serialVersionUID = 1L;

  BadExportException(String message) {
    super(message);
  }

  BadExportException(String message, Throwable cause) {
    super(message + ": " + cause.getMessage(), cause);
  }
}
