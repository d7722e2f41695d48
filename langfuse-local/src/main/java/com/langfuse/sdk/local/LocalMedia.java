package com.langfuse.sdk.local;

import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An image, a recording or another file that belongs to traces: once, however many of them show it.
 *
 * <pre>{@code
 * LocalMedia photo = langfuse.awaitMedia(1, Duration.ofSeconds(5)).get(0);
 * photo.contentType();                // "image/png"
 * photo.links().get(0).field();       // "input"
 * }</pre>
 *
 * <p>Immutable, except that the bytes are not copied.
 *
 * @param id as in the references to it: {@code @@@langfuseMedia:type=…|id=…|source=…@@@}
 * @param sha256 of the bytes, in base64, as announced
 * @param contentType as announced last
 * @param contentLength number of bytes, as announced
 * @param bytes null until they have been uploaded and found to be the ones announced
 * @param links the places it was announced for, each once, in order; the first thousand of them
 * @param uploadHttpStatus what the sender reports to have got for its upload; null until it does
 * @param uploadHttpError what the sender reports to have gone wrong
 * @param uploadedAt when the sender reports to have uploaded; null until it does
 */
@SuppressWarnings("ArrayRecordComponent") // files of megabytes are not copied for each look
public record LocalMedia(
    String id,
    String sha256,
    String contentType,
    int contentLength,
    byte @Nullable [] bytes,
    List<Link> links,
    @Nullable Integer uploadHttpStatus,
    @Nullable String uploadHttpError,
    @Nullable Instant uploadedAt) {

  private static final int MOST_LINKS = 1_000;

  /**
   * A place that shows a file.
   *
   * @param traceId trace, hex
   * @param observationId span id, hex; null when it belongs to the trace as a whole
   * @param field {@code input}, {@code output} or {@code metadata}
   */
  public record Link(String traceId, @Nullable String observationId, String field) {}

  /** Copies the list. */
  public LocalMedia {
    links = List.copyOf(links);
  }

  /** A new one, of which there is no more than the announcement. */
  static LocalMedia announced(String sha256, String contentType, int contentLength, Link link) {
    return new LocalMedia(
        id(sha256), sha256, contentType, contentLength, null, List.of(link), null, null, null);
  }

  static String id(String sha256) {
    return sha256.substring(0, 22).replace('+', '-').replace('/', '_');
  }

  /**
   * Of another content type it is to be uploaded again; else there is one more place to show it.
   */
  LocalMedia andThen(LocalMedia announced) {
    Set<Link> all = new LinkedHashSet<>(links);
    if (all.size() < MOST_LINKS) {
      all.addAll(announced.links);
    }
    boolean isSame = contentType.equals(announced.contentType);
    return new LocalMedia(
        id,
        sha256,
        announced.contentType,
        announced.contentLength,
        isSame ? bytes : null,
        List.copyOf(all),
        uploadHttpStatus,
        uploadHttpError,
        uploadedAt);
  }

  LocalMedia uploaded(byte[] received) {
    return new LocalMedia(
        id,
        sha256,
        contentType,
        contentLength,
        received,
        links,
        uploadHttpStatus,
        uploadHttpError,
        uploadedAt);
  }

  LocalMedia reported(int status, @Nullable String error, Instant at) {
    return new LocalMedia(id, sha256, contentType, contentLength, bytes, links, status, error, at);
  }
}
