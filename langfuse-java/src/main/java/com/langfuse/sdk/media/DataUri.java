package com.langfuse.sdk.media;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A file as a text: {@code data:<type>;base64,<data>}. */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
record DataUri(String contentType, byte[] bytes) {

  static final String SIGN = ";base64,";

  private static final String SCHEME = "data:";
  private static final int LONGEST_HEADER = 200;

  /** A type, then parameters such as {@code codecs=opus}. */
  private static final Pattern HEADER =
      Pattern.compile("([\\w.+-]+/[\\w.+-]+)((?:;[\\w.+-]+=[\\w.+,-]+)*)");

  /** Of a text that is nothing else; null if it is not. */
  static @Nullable DataUri parse(String text) {
    int sign = text.indexOf(SIGN);
    if (sign < 0 || !text.startsWith(SCHEME)) {
      return null;
    }
    byte[] bytes = Base64Text.decode(text.substring(sign + SIGN.length()).strip());
    String type = MediaType.checked(text.substring(SCHEME.length(), sign));
    return bytes == null ? null : new DataUri(type, bytes);
  }

  /** Finds them in a text, and puts in their place what the taker says. */
  static void replaceIn(String text, MediaTaker taker, Edits edits) {
    int free = 0;
    for (int sign = text.indexOf(SIGN); sign >= 0; sign = text.indexOf(SIGN, free)) {
      int start = startOf(text, free, sign);
      int data = sign + SIGN.length();
      int end = Base64Text.endOf(text, data);
      free = end;
      if (start >= 0 && end > data && isWhole(text, end)) {
        String type = takenType(text.substring(start + SCHEME.length(), sign));
        byte[] bytes = type == null ? null : Base64Text.decode(text.substring(data, end));
        String instead = bytes == null || type == null ? null : taker.take(type, bytes);
        if (instead != null) {
          edits.replace(start, end, instead);
        }
      }
    }
  }

  /** Looks no further back than a header is long: there may be thousands of signs without one. */
  private static int startOf(String text, int from, int sign) {
    int first = Math.max(from, sign - LONGEST_HEADER);
    for (int start = sign - SCHEME.length(); start >= first; start--) {
      if (text.startsWith(SCHEME, start)) {
        return start;
      }
    }
    return -1;
  }

  /** Null for what stays: a text in a character set that a reference cannot tell, and no header. */
  private static @Nullable String takenType(String header) {
    Matcher parts = HEADER.matcher(header);
    if (!parts.matches()) {
      return null;
    }
    boolean isPlain = parts.group(2).isEmpty() || !header.startsWith("text/");
    return isPlain ? MediaType.checked(parts.group(1)) : null;
  }

  /** Not where a value was cut to its longest length, nor amid escapes of an inner JSON text. */
  private static boolean isWhole(String text, int end) {
    String next = text.substring(end, Math.min(end + 2, text.length()));
    return !next.startsWith("…")
        && !next.startsWith("=")
        && !next.equals("\\/")
        && !next.equals("\\u");
  }
}
