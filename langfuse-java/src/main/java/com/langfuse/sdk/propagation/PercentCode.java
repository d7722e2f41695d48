package com.langfuse.sdk.propagation;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Any text as a key of W3C baggage, which takes token characters only, and back. */
final class PercentCode {

  private static final String TOKEN_PUNCTUATION = "!#$&'*+-.^_`|~";
  private static final char[] HEX = "0123456789ABCDEF".toCharArray();

  private PercentCode() {}

  static String encode(String text) {
    StringBuilder code = new StringBuilder(text.length());
    for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
      if (isToken(each)) {
        code.append((char) each);
      } else {
        code.append('%').append(HEX[(each >> 4) & 15]).append(HEX[each & 15]);
      }
    }
    return code.toString();
  }

  /** The text, or the code itself when it is none. */
  static String decode(String code) {
    if (code.indexOf('%') < 0) {
      return code;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < code.length(); i++) {
      char c = code.charAt(i);
      if (c != '%') {
        bytes.writeBytes(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
      } else {
        int high = i + 2 <= code.length() - 1 ? Character.digit(code.charAt(i + 1), 16) : -1;
        int low = i + 2 <= code.length() - 1 ? Character.digit(code.charAt(i + 2), 16) : -1;
        if (high < 0 || low < 0) {
          return code;
        }
        bytes.write(high * 16 + low);
        i += 2;
      }
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes.toByteArray()))
          .toString();
    } catch (CharacterCodingException notText) {
      return code;
    }
  }

  private static boolean isToken(byte each) {
    return (each >= 'a' && each <= 'z')
        || (each >= 'A' && each <= 'Z')
        || (each >= '0' && each <= '9')
        || (each > 0 && TOKEN_PUNCTUATION.indexOf(each) >= 0);
  }
}
