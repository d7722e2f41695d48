package com.langfuse.sdk.media;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Looks for any of some words in one pass (Wu and Manber's, two bytes at a time): every request is
 * looked at. By single bytes each quotation mark of JSON would be a place to look more closely, and
 * a search for one word after the other takes longer still.
 */
final class SignSearch {

  private static final int PAIRS = 1 << 12;

  private final byte[][] words;
  private final int shortest;

  /** By the two bytes that are met where the shortest word would end: how far to go on. */
  private final byte[] steps = new byte[PAIRS];

  /**
   * @param words in ASCII, of three characters or more
   */
  SignSearch(List<String> words) {
    this.words =
        words.stream().map(word -> word.getBytes(StandardCharsets.US_ASCII)).toArray(byte[][]::new);
    this.shortest = words.stream().mapToInt(String::length).min().orElse(3);
    Arrays.fill(steps, (byte) (shortest - 1));
    for (byte[] word : this.words) {
      for (int i = 1; i < shortest; i++) {
        int pair = pair(word[i - 1], word[i]);
        steps[pair] = (byte) Math.min(steps[pair], shortest - 1 - i);
      }
    }
  }

  /** Others may share the number: they only make for smaller steps. */
  private static int pair(byte first, byte second) {
    return (first << 5 ^ second) & (PAIRS - 1);
  }

  /** In four places at a time: each look waits for the one before, and a processor can do more. */
  boolean anyIn(byte[] text) {
    int quarter = text.length / 4;
    int a = shortest - 1;
    int b = a + quarter;
    int c = b + quarter;
    int d = c + quarter;
    int endOfA = b;
    int endOfB = c;
    int endOfC = d;
    while (a < endOfA && b < endOfB && c < endOfC && d < text.length) {
      int stepOfA = steps[pair(text[a - 1], text[a])];
      int stepOfB = steps[pair(text[b - 1], text[b])];
      int stepOfC = steps[pair(text[c - 1], text[c])];
      int stepOfD = steps[pair(text[d - 1], text[d])];
      if ((stepOfA == 0 && endsAt(a, text))
          || (stepOfB == 0 && endsAt(b, text))
          || (stepOfC == 0 && endsAt(c, text))
          || (stepOfD == 0 && endsAt(d, text))) {
        return true;
      }
      a += Math.max(1, stepOfA);
      b += Math.max(1, stepOfB);
      c += Math.max(1, stepOfC);
      d += Math.max(1, stepOfD);
    }
    return anyIn(text, a, endOfA)
        || anyIn(text, b, endOfB)
        || anyIn(text, c, endOfC)
        || anyIn(text, d, text.length);
  }

  private boolean anyIn(byte[] text, int from, int to) {
    int end = from;
    while (end < Math.min(to, text.length)) {
      int step = steps[pair(text[end - 1], text[end])];
      if (step == 0 && endsAt(end, text)) {
        return true;
      }
      end += Math.max(1, step);
    }
    return false;
  }

  /** Whether one of them is there, whose beginning ends there. */
  private boolean endsAt(int endOfShortest, byte[] text) {
    int start = endOfShortest - shortest + 1;
    for (byte[] word : words) {
      int end = start + word.length;
      if (word[0] == text[start]
          && end <= text.length
          && Arrays.equals(text, start, end, word, 0, word.length)) {
        return true;
      }
    }
    return false;
  }
}
