package com.langfuse.sdk.line;

/** Replaces texts in spans on their way out. Called by the delivery threads. */
public interface TextRewriter {

  /** The rewriter of one request, whose texts share what is bounded for a request. */
  default TextRewriter forRequest() {
    return this;
  }

  /** A cheap look at an encoded request: false when there is surely nothing to replace in it. */
  boolean mayChange(byte[] request);

  /**
   * What to send for a text attribute; the very same text when it is to stay.
   *
   * @param traceId 32 hex digits
   * @param spanId 16 hex digits
   */
  String rewrite(String traceId, String spanId, String attribute, String text);
}
