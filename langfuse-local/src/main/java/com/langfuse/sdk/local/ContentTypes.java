package com.langfuse.sdk.local;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/** What kinds of files Langfuse stores. */
final class ContentTypes {

  private static final String IMAGES = "png jpeg jpg webp gif svg+xml tiff bmp avif heic";
  private static final String SOUNDS = "mpeg mp3 wav ogg oga aac mp4 flac opus webm";
  private static final String FILMS = "mp4 webm ogg mpeg quicktime x-msvideo x-matroska";
  private static final String TEXTS = "plain html css csv markdown x-python x-typescript";
  private static final String OTHERS =
      """
      javascript x-yaml pdf msword vnd.ms-excel zip json xml octet-stream rtf x-ndjson \
      vnd.openxmlformats-officedocument.spreadsheetml.sheet \
      vnd.openxmlformats-officedocument.wordprocessingml.document \
      vnd.openxmlformats-officedocument.presentationml.presentation \
      vnd.apache.parquet gzip x-tar x-7z-compressed""";

  private static final Set<String> IMAGE = words(IMAGES);
  private static final Set<String> AUDIO = words(SOUNDS);
  private static final Set<String> VIDEO = words(FILMS);
  private static final Set<String> TEXT = words(TEXTS);
  private static final Set<String> APPLICATION = words(OTHERS);

  /** Letter by letter: no parameters such as a charset, no upper case. */
  static boolean isTaken(String contentType) {
    String[] parts = contentType.split("/", 2);
    if (parts.length < 2) {
      return false;
    }
    return switch (parts[0]) {
      case "image" -> IMAGE.contains(parts[1]);
      case "audio" -> AUDIO.contains(parts[1]);
      case "video" -> VIDEO.contains(parts[1]);
      case "text" -> TEXT.contains(parts[1]);
      case "application" -> APPLICATION.contains(parts[1]);
      default -> false;
    };
  }

  private static Set<String> words(String text) {
    return Arrays.stream(text.split(" ", -1)).collect(Collectors.toUnmodifiableSet());
  }

  private ContentTypes() {}
}
