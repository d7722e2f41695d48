package com.langfuse.sdk.media;

/** Where the bytes of a reference came from, in Langfuse's words. */
enum MediaSource {
  BASE64_DATA_URI("base64_data_uri"),
  BYTES("bytes"),
  FILE("file");

  private final String word;

  MediaSource(String word) {
    this.word = word;
  }

  /** What Langfuse shows as the file. Has no character that JSON would escape. */
  String reference(String contentType, MediaHash hash) {
    return "@@@langfuseMedia:type=" + contentType + "|id=" + hash.id() + "|source=" + word + "@@@";
  }
}
