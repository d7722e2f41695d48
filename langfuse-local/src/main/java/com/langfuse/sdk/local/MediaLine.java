package com.langfuse.sdk.local;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A file, as a line in a folder. The names are those of its announcement to Langfuse.
 *
 * @param bytes null if an earlier line has them
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@SuppressWarnings("ArrayRecordComponent") // lives for one line, never compared
record MediaLine(
    String sha256Hash,
    String contentType,
    int contentLength,
    List<LocalMedia.Link> links,
    byte @Nullable [] bytes) {

  static MediaLine of(LocalMedia media, byte @Nullable [] bytes) {
    return new MediaLine(
        media.sha256(), media.contentType(), media.contentLength(), media.links(), bytes);
  }

  /** Puts the file of a line among the others; false if the line is not one. */
  static boolean read(String text, MediaStore store) {
    MediaLine line = Json.read(text, MediaLine.class);
    if (line == null || !line.isWhole()) {
      return false;
    }
    for (LocalMedia.Link link : line.links) {
      store.announce(
          LocalMedia.announced(line.sha256Hash, line.contentType, line.contentLength, link));
    }
    byte[] bytes = line.bytes;
    if (bytes != null) {
      String id = LocalMedia.id(line.sha256Hash);
      store.changeKnown(id, each -> each.uploaded(bytes).reported(200, null, Instant.now()));
    }
    return true;
  }

  boolean isWhole() {
    return MediaRoutes.isHash(sha256Hash)
        && contentType != null
        && contentLength > 0
        && hasItsBytes()
        && links != null
        && links.stream()
            .allMatch(each -> each != null && each.traceId() != null && each.field() != null);
  }

  /** Whether the bytes, if it has any, are those that were announced. */
  private boolean hasItsBytes() {
    return bytes == null || Base64.getEncoder().encodeToString(Sha256.of(bytes)).equals(sha256Hash);
  }
}
