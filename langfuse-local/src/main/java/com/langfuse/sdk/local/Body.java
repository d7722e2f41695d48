package com.langfuse.sdk.local;

import org.jspecify.annotations.Nullable;

/**
 * The body of a request.
 *
 * @param wire as it was sent
 * @param content the same array, or what it inflates to
 * @param problem why there is no content to look at; null if there is
 */
@SuppressWarnings("ArrayRecordComponent") // lives for one request, never compared
record Body(byte[] wire, byte[] content, @Nullable RefusedException problem) {

  private static final byte[] NOTHING = {};

  static final Body NONE = plain(NOTHING);

  static Body plain(byte[] bytes) {
    return new Body(bytes, bytes, null);
  }

  /**
   * @param wire kept for the log of requests
   */
  static Body refused(byte[] wire, RefusedException problem) {
    return new Body(wire, NOTHING, problem);
  }

  static Body refused(RefusedException problem) {
    return refused(NOTHING, problem);
  }
}
