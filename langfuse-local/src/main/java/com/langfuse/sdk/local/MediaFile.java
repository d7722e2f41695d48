package com.langfuse.sdk.local;

import java.util.Set;

/** The bytes of an uploaded file as an answer that no browser runs, whatever is in them. */
final class MediaFile {

  /** Shown where they are, because a browser cannot be made to run them; others are downloads. */
  private static final Set<String> SHOWN =
      Set.of(
          "image/png",
          "image/jpeg",
          "image/jpg",
          "image/webp",
          "image/gif",
          "image/bmp",
          "image/avif",
          "audio/mpeg",
          "audio/mp3",
          "audio/wav",
          "audio/ogg",
          "audio/oga",
          "audio/aac",
          "audio/mp4",
          "audio/flac",
          "audio/opus",
          "audio/webm",
          "video/mp4",
          "video/webm",
          "video/ogg",
          "video/mpeg",
          "video/quicktime");

  /**
   * @throws RefusedException if the bytes have not come
   */
  static Answer of(LocalMedia file) throws RefusedException {
    if (file.bytes() == null) {
      throw new RefusedException(404, "The bytes of media %s have not come.".formatted(file.id()));
    }
    Answer answer =
        Answer.bytes(200, file.contentType(), file.bytes())
            .withHeader("Content-Security-Policy", "sandbox; default-src 'none'")
            .withHeader("X-Content-Type-Options", "nosniff");
    return SHOWN.contains(file.contentType())
        ? answer
        : answer.withHeader("Content-Disposition", "attachment");
  }

  private MediaFile() {}
}
