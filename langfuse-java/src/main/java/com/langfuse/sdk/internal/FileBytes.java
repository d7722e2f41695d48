package com.langfuse.sdk.internal;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A file in memory, in a value that is encoded.
 *
 * @param contentType such as {@code image/png}
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
public record FileBytes(byte[] bytes, String contentType) {

  /** So many bytes are looked at. */
  public static final int SIGNATURE_LENGTH = 32;

  private static final List<Signature> SIGNATURES =
      List.of(
          new Signature("image/png", 0, "\u0089PNG\r\n\u001a\n"),
          new Signature("image/jpeg", 0, "\u00ff\u00d8\u00ff"),
          new Signature("image/gif", 0, "GIF87a"),
          new Signature("image/gif", 0, "GIF89a"),
          new Signature("image/webp", 8, "WEBP"),
          new Signature("image/tiff", 0, "II*\0"),
          new Signature("image/tiff", 0, "MM\0*"),
          new Signature("image/avif", 4, "ftypavif"),
          new Signature("image/heic", 4, "ftyphei"),
          new Signature("application/pdf", 0, "%PDF-"),
          new Signature("audio/wav", 8, "WAVE"),
          new Signature("audio/ogg", 0, "OggS"),
          new Signature("audio/flac", 0, "fLaC"),
          new Signature("audio/mpeg", 0, "ID3"),
          new Signature("audio/mp4", 4, "ftypM4A"),
          new Signature("video/quicktime", 4, "ftypqt"),
          new Signature("video/mp4", 4, "ftyp"),
          new Signature("video/x-msvideo", 8, "AVI "),
          new Signature("video/webm", 0, "\u001aE\u00df\u00a3"));

  private static final String RIFF = "RIFF";
  private static final int RIFF_TYPE = 8;

  /** What files of a type have at a place. */
  private record Signature(String contentType, int at, String text) {

    boolean isIn(byte[] start) {
      return hasAt(start, at, text) && (at != RIFF_TYPE || hasAt(start, 0, RIFF));
    }

    private static boolean hasAt(byte[] start, int at, String text) {
      if (start.length < at + text.length()) {
        return false;
      }
      for (int i = 0; i < text.length(); i++) {
        if ((start[at + i] & 0xff) != text.charAt(i)) {
          return false;
        }
      }
      return true;
    }
  }

  /** Of bytes with a known signature, in an array or buffer; null for anything else. */
  static @Nullable FileBytes in(Object value) {
    if (value instanceof FileBytes file) {
      return file;
    }
    if (value instanceof byte[] bytes) {
      String type = contentTypeOf(bytes);
      return type == null ? null : new FileBytes(bytes, type);
    }
    if (value instanceof ByteBuffer buffer) {
      ByteBuffer all = buffer.duplicate();
      byte[] start = new byte[Math.min(SIGNATURE_LENGTH, all.remaining())];
      all.duplicate().get(start);
      String type = contentTypeOf(start);
      if (type != null) {
        byte[] bytes = new byte[all.remaining()];
        all.get(bytes);
        return new FileBytes(bytes, type);
      }
    }
    return null;
  }

  /**
   * By the signature that the bytes begin with; null for one that is not known.
   *
   * @param start at least {@link #SIGNATURE_LENGTH} bytes of it, or all
   */
  public static @Nullable String contentTypeOf(byte[] start) {
    for (Signature signature : SIGNATURES) {
      if (signature.isIn(start)) {
        return signature.contentType();
      }
    }
    return isMpegAudio(start) ? "audio/mpeg" : null;
  }

  /** A frame of layer 3: the sync word, then a bitrate and a sample rate that exist. */
  private static boolean isMpegAudio(byte[] start) {
    if (start.length < 4 || (start[0] & 0xff) != 0xff) {
      return false;
    }
    int version = start[1] & 0xfe;
    int bitrate = (start[2] & 0xf0) >> 4;
    int sampleRate = (start[2] & 0x0c) >> 2;
    return (version == 0xfa || version == 0xf2) && bitrate > 0 && bitrate < 15 && sampleRate < 3;
  }
}
