package com.langfuse.sdk.internal;

import java.io.IOException;

/** Ends the writing of one value; the message is the limit. */
final class LimitExceededException extends IOException {

  private static final long serialVersionUID = 1L;

  LimitExceededException(String limit) {
    super(limit);
  }

  /** It is caught by the serializer around, once for each level. */
  @Override
  public Throwable fillInStackTrace() {
    return this;
  }
}
