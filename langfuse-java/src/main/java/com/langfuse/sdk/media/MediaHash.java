package com.langfuse.sdk.media;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * Names bytes.
 *
 * @param base64 SHA-256 in 44 characters
 */
record MediaHash(String base64) {

  private static final int ID_LENGTH = 22;

  static MediaHash of(byte[] bytes) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes);
      return new MediaHash(Base64.getEncoder().encodeToString(hash));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("Every JDK has SHA-256.", impossible);
    }
  }

  /** What Langfuse calls the bytes. */
  String id() {
    return base64.substring(0, ID_LENGTH).replace('+', '-').replace('/', '_');
  }
}
