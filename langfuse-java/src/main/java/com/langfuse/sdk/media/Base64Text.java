package com.langfuse.sdk.media;

import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** Reads base64 of either alphabet, with padding or without. */
final class Base64Text {

  private Base64Text() {}

  /** Null for a text that is none. */
  static byte @Nullable [] decode(String text) {
    boolean forUrls = text.indexOf('-') >= 0 || text.indexOf('_') >= 0;
    try {
      return (forUrls ? Base64.getUrlDecoder() : Base64.getDecoder()).decode(text);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** Where the longest run of its characters ends, padding included. */
  static int endOf(String text, int from) {
    int end = from;
    int to = text.length();
    while (end < to && isDigit(text.charAt(end))) {
      end++;
    }
    int padded = end;
    while (padded < to && padded - end < 2 && text.charAt(padded) == '=') {
      padded++;
    }
    return padded;
  }

  private static boolean isDigit(char c) {
    return (c >= 'A' && c <= 'Z')
        || (c >= 'a' && c <= 'z')
        || (c >= '0' && c <= '9')
        || c == '+'
        || c == '/'
        || c == '-'
        || c == '_';
  }
}
