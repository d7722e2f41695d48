package com.langfuse.sdk.media;

import org.jspecify.annotations.Nullable;

/**
 * The bytes of a file on their way, once for all places that show them; let go of when they have
 * arrived or are lost. Threadsafe.
 */
final class Content {

  private final String contentType;
  private final int length;
  private final MediaHash hash;
  private byte @Nullable [] bytes;
  private byte @Nullable [] report;
  private boolean lost;
  private boolean reported;

  Content(String contentType, byte[] bytes, MediaHash hash) {
    this.contentType = contentType;
    this.length = bytes.length;
    this.hash = hash;
    this.bytes = bytes;
  }

  /** The server keeps one file for a hash, and wants it again as something else. */
  String key() {
    return hash.id() + " " + contentType;
  }

  String contentType() {
    return contentType;
  }

  int length() {
    return length;
  }

  MediaHash hash() {
    return hash;
  }

  /** Null once they have arrived or are lost. */
  synchronized byte @Nullable [] bytes() {
    return bytes;
  }

  /** In memory, in bytes. */
  synchronized int weight() {
    return bytes == null ? 0 : bytes.length;
  }

  /**
   * They have arrived, by us.
   *
   * @param report to tell Langfuse so
   */
  synchronized void uploaded(byte[] report) {
    this.report = report;
    bytes = null;
  }

  /** What to tell Langfuse of our upload; null if there has been none. */
  synchronized byte @Nullable [] report() {
    return report;
  }

  /** Langfuse has taken the report. */
  synchronized void reported() {
    reported = true;
  }

  synchronized boolean isReported() {
    return reported;
  }

  /** Langfuse has them, whoever sent them. */
  synchronized void stored() {
    bytes = null;
  }

  synchronized void lose() {
    lost = true;
    bytes = null;
  }

  synchronized boolean isLost() {
    return lost;
  }
}
