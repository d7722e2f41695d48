package com.langfuse.sdk.media;

/**
 * The texts that stand where a file could not come through. None has a character that JSON would
 * escape.
 */
final class MediaMarker {

  private MediaMarker() {}

  static String description(String contentType, int length) {
    return contentType + " " + length + " bytes";
  }

  /**
   * @param fate such as {@code not uploaded}
   */
  static String of(String description, String fate) {
    return "<media " + description + ", " + fate + ">";
  }

  static String unreadable(String problem) {
    return "<media: cannot read " + problem.replaceAll("[\"\\\\\\p{Cntrl}]", "?") + ">";
  }
}
