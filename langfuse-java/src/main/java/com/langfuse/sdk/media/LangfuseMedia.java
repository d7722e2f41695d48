package com.langfuse.sdk.media;

import com.fasterxml.jackson.annotation.JsonValue;
import com.langfuse.sdk.internal.DeliverySettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A file to show in a trace: an image, a recording, a PDF. Hand it in as input, output or metadata,
 * alone or anywhere inside maps, lists and objects; Langfuse shows the file there.
 *
 * <pre>{@code
 * observation.input(Map.of("question", "What is this?",
 *     "photo", LangfuseMedia.ofFile(Path.of("photo.jpg"))));
 * }</pre>
 *
 * <p>Making one never throws: one that cannot be read is recorded as a text that says so. Hashing
 * and uploading happen on the delivery threads. Immutable, so one may be recorded many times and
 * from any thread; its bytes are uploaded once.
 */
public final class LangfuseMedia {

  private static final byte[] NOTHING = {};

  private final byte[] bytes;
  private final String contentType;
  private final MediaSource source;
  private final @Nullable String problem;

  /** Stands for the bytes on their way, since their hash is not known yet. */
  private final String token =
      Long.toHexString(ThreadLocalRandom.current().nextLong())
          + Long.toHexString(ThreadLocalRandom.current().nextLong());

  private volatile @Nullable MediaHash hash;

  private LangfuseMedia(
      byte[] bytes, String contentType, MediaSource source, @Nullable String problem) {
    this.bytes = bytes;
    this.contentType = contentType;
    this.source = source;
    this.problem = problem == null && bytes.length == 0 ? "it is empty" : problem;
  }

  private static LangfuseMedia unreadable(MediaSource source, String problem) {
    return new LangfuseMedia(NOTHING, MediaType.UNKNOWN, source, problem);
  }

  /**
   * From memory. The bytes are copied: what is done to the array later does not show.
   *
   * @param contentType such as {@code image/png}
   */
  public static LangfuseMedia of(byte[] bytes, String contentType) {
    return bytes == null
        ? unreadable(MediaSource.BYTES, "null")
        : new LangfuseMedia(bytes.clone(), MediaType.checked(contentType), MediaSource.BYTES, null);
  }

  /** From a file, which is read now; its name says what it is. */
  public static LangfuseMedia ofFile(Path file) {
    return ofFile(file, file == null ? MediaType.UNKNOWN : MediaType.ofFileName(file.toString()));
  }

  /**
   * From a file, which is read now: it may be gone when the observation leaves.
   *
   * @param contentType such as {@code image/png}
   */
  public static LangfuseMedia ofFile(Path file, String contentType) {
    try {
      byte[] bytes = read(file);
      return new LangfuseMedia(bytes, MediaType.checked(contentType), MediaSource.FILE, null);
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      String name = file == null ? "null" : String.valueOf(file.getFileName());
      return unreadable(MediaSource.FILE, name + " (" + why(e) + ")");
    }
  }

  private static byte[] read(Path file) throws IOException {
    if (Files.size(file) > DeliverySettings.defaultQueueBytes()) {
      throw new IOException("too large for this heap");
    }
    return Files.readAllBytes(file);
  }

  private static String why(Throwable thrown) {
    return thrown instanceof NoSuchFileException
        ? "no such file"
        : thrown.getClass() == IOException.class
            ? String.valueOf(thrown.getMessage())
            : thrown.getClass().getSimpleName();
  }

  /** From a text such as {@code data:image/png;base64,iVBORw0…}. */
  public static LangfuseMedia ofDataUri(String dataUri) {
    DataUri parsed = dataUri == null ? null : DataUri.parse(dataUri);
    return parsed == null
        ? unreadable(MediaSource.BASE64_DATA_URI, "data URI: write data:<type>;base64,<data>")
        : new LangfuseMedia(
            parsed.bytes(), parsed.contentType(), MediaSource.BASE64_DATA_URI, null);
  }

  /**
   * What Langfuse calls it: a hash of its bytes, 22 characters. Hashes them when first asked. Empty
   * if it could not be read.
   */
  public String id() {
    return problem == null ? hash().id() : "";
  }

  /** Such as {@code image/png}. */
  public String contentType() {
    return contentType;
  }

  /** Length in bytes. */
  public int length() {
    return bytes.length;
  }

  /**
   * The text that Langfuse shows as the file, once it has been uploaded:
   * {@code @@@langfuseMedia:type=image/png|id=…|source=bytes@@@}. It is also how other JSON writers
   * write this object; recording it does more, it uploads. Hashes the bytes when first asked.
   */
  @JsonValue
  public String reference() {
    return problem == null ? source.reference(contentType, hash()) : marker("");
  }

  /** For one who uploads it; hashes the bytes when first asked. */
  Content content() {
    return new Content(contentType, bytes, hash());
  }

  private MediaHash hash() {
    MediaHash known = hash;
    if (known == null) {
      known = MediaHash.of(bytes); // by two threads at a time, if need be: it is the same
      hash = known;
    }
    return known;
  }

  MediaSource source() {
    return source;
  }

  String token() {
    return token;
  }

  /** What kept it from being read; null if nothing did. */
  @Nullable String problem() {
    return problem;
  }

  /** What stands in the text on its way to the delivery threads. */
  String pending() {
    return PendingMedia.text(token, MediaMarker.description(contentType, bytes.length));
  }

  /** What to read where the file cannot be shown. */
  String marker(String fate) {
    return problem == null
        ? MediaMarker.of(MediaMarker.description(contentType, bytes.length), fate)
        : MediaMarker.unreadable(problem);
  }

  @Override
  public String toString() {
    return "LangfuseMedia["
        + (problem == null ? MediaMarker.description(contentType, bytes.length) : problem)
        + "]";
  }
}
