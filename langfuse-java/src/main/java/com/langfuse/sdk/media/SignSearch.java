package com.langfuse.sdk.media;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Looks for any of some words in one pass (Horspool's, for a set of words): every request is looked
 * at, and a search for one word after the other takes five times as long.
 */
final class SignSearch {

  private final byte[][] words;
  private final int shortest;

  /** By the byte that is met where the shortest word would end: how far to go on. */
  private final int[] steps = new int[256];

  /**
   * @param words in ASCII
   */
  SignSearch(List<String> words) {
    this.words =
        words.stream().map(word -> word.getBytes(StandardCharsets.US_ASCII)).toArray(byte[][]::new);
    this.shortest = words.stream().mapToInt(String::length).min().orElse(1);
    Arrays.fill(steps, shortest);
    for (byte[] word : this.words) {
      for (int i = 0; i < shortest; i++) {
        steps[word[i]] = Math.min(steps[word[i]], shortest - 1 - i);
      }
    }
  }

  boolean anyIn(byte[] text) {
    int end = shortest - 1;
    while (end < text.length) {
      int step = steps[text[end] & 0xff];
      if (step == 0) {
        if (startsAt(end - shortest + 1, text)) {
          return true;
        }
        step = 1;
      }
      end += step;
    }
    return false;
  }

  private boolean startsAt(int start, byte[] text) {
    for (byte[] word : words) {
      int end = start + word.length;
      if (end <= text.length && Arrays.equals(text, start, end, word, 0, word.length)) {
        return true;
      }
    }
    return false;
  }
}
