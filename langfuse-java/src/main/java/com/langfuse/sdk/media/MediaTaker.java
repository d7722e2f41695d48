package com.langfuse.sdk.media;

import org.jspecify.annotations.Nullable;

/**
 * Takes files out of a text, and says what to write in their place: nothing that JSON would escape.
 */
interface MediaTaker {

  /** A file that was found; null leaves it where it is. */
  @Nullable String take(String contentType, byte[] bytes);

  /**
   * A file that was handed in.
   *
   * @param description of what it was, should nobody know the token
   */
  String takePending(String token, String description);
}
