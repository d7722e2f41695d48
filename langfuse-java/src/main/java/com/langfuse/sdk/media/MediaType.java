package com.langfuse.sdk.media;

import com.langfuse.sdk.internal.FileBytes;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Names of content types. */
final class MediaType {

  static final String UNKNOWN = "application/octet-stream";

  private static final Pattern FORM = Pattern.compile("[\\w.+-]+/[\\w.+-]+");
  private static final Pattern WORD = Pattern.compile("[\\w.+-]+");
  private static final int LONGER_THAN_WORDS = 64;
  private static final String OFFICE = "application/vnd.openxmlformats-officedocument.";

  /** Content type, then the endings of such files. */
  private static final Map<String, String> BY_ENDING =
      byEnding(
          "image/png png",
          "image/jpeg jpg jpeg",
          "image/webp webp",
          "image/gif gif",
          "image/svg+xml svg",
          "image/tiff tif tiff",
          "image/bmp bmp",
          "image/avif avif",
          "image/heic heic",
          "audio/mpeg mp3",
          "audio/wav wav",
          "audio/ogg ogg",
          "audio/oga oga",
          "audio/aac aac",
          "audio/mp4 m4a",
          "audio/flac flac",
          "audio/opus opus",
          "video/mp4 mp4",
          "video/webm webm",
          "video/mpeg mpeg mpg",
          "video/quicktime mov",
          "video/x-msvideo avi",
          "video/x-matroska mkv",
          "video/x-flv flv",
          "video/3gpp 3gp",
          "text/plain txt log",
          "text/html html htm",
          "text/css css",
          "text/csv csv",
          "text/markdown md",
          "application/javascript js",
          "application/x-yaml yaml yml",
          "application/pdf pdf",
          "application/msword doc",
          "application/vnd.ms-excel xls",
          "application/zip zip",
          "application/json json",
          "application/xml xml",
          "application/rtf rtf",
          "application/x-ndjson jsonl ndjson",
          OFFICE + "spreadsheetml.sheet xlsx",
          OFFICE + "wordprocessingml.document docx",
          OFFICE + "presentationml.presentation pptx",
          "application/vnd.apache.parquet parquet",
          "application/gzip gz",
          "application/x-tar tar",
          "application/x-7z-compressed 7z");

  private MediaType() {}

  private static Map<String, String> byEnding(String... lines) {
    Map<String, String> types = new HashMap<>();
    for (String line : lines) {
      String[] words = line.split(" ", -1);
      for (int i = 1; i < words.length; i++) {
        types.put(words[i], words[0]);
      }
    }
    return Map.copyOf(types);
  }

  /** As Langfuse takes it: lower case, no parameters; {@link #UNKNOWN} for what is none. */
  static String checked(@Nullable String contentType) {
    String plain =
        contentType == null ? "" : contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    return FORM.matcher(plain).matches() ? plain : UNKNOWN;
  }

  static String ofFileName(String name) {
    String ending = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return BY_ENDING.getOrDefault(ending, UNKNOWN);
  }

  /**
   * Of sound as OpenAI names its formats.
   *
   * @param format null where only the data can tell
   */
  static String ofSound(@Nullable String format, String base64) {
    String word = format == null ? sniffed(base64) : format.toLowerCase(Locale.ROOT);
    return word.equals("mp3") || !WORD.matcher(word).matches() ? "audio/mpeg" : "audio/" + word;
  }

  /**
   * Of a file as Bedrock names its formats.
   *
   * @param kind such as {@code image}
   */
  static String ofFormat(String kind, String format) {
    String word = format.toLowerCase(Locale.ROOT);
    String known = BY_ENDING.getOrDefault(word.equals("three_gp") ? "3gp" : word, "");
    boolean isDocument = kind.equals("document");
    if (known.startsWith(kind + "/") || (isDocument && !known.isEmpty())) {
      return known;
    }
    return isDocument ? UNKNOWN : checked(kind + "/" + word);
  }

  /** Of data that begin with a known signature; null for others. */
  static @Nullable String ofSignature(String base64) {
    int digits = FileBytes.SIGNATURE_LENGTH / 3 * 4;
    byte[] start =
        Base64Text.decode(base64.length() <= digits ? base64 : base64.substring(0, digits));
    return start == null ? null : FileBytes.contentTypeOf(start);
  }

  /** The same, or the declared type of data that are too long for a word. */
  static @Nullable String ofSignatureOr(String declared, String base64) {
    String signed = ofSignature(base64);
    return signed == null && base64.length() >= LONGER_THAN_WORDS ? checked(declared) : signed;
  }

  /** By the first bytes: "RIFF", "OggS", "fLaC", "ID3" or an MPEG frame. */
  private static String sniffed(String base64) {
    if (base64.startsWith("T2dnUw")) {
      return "ogg";
    }
    if (base64.startsWith("ZkxhQ")) {
      return "flac";
    }
    return base64.startsWith("SUQz") || base64.startsWith("//") ? "mpeg" : "wav";
  }
}
