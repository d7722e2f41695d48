package com.langfuse.sdk.media;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Looks for any of some words in one pass, since every request is looked at. Four bytes are looked
 * up at every fourth place: a word of seven bytes or more has four of its own there, wherever it
 * begins. No look waits for the one before, which is why this is faster than searches that skip.
 */
final class SignSearch {

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int LOOK = Integer.BYTES;
  private static final int SHORTEST = 2 * LOOK - 1;

  private static final int BITS_OF_PLACE = 14;

  private final byte[][] words;

  /** By a hash of four bytes: whether they may be a word's. One that is not costs a closer look. */
  private final byte[] parts = new byte[1 << BITS_OF_PLACE];

  /**
   * @param words in ASCII, of seven characters or more
   */
  SignSearch(List<String> words) {
    this.words =
        words.stream().map(word -> word.getBytes(StandardCharsets.US_ASCII)).toArray(byte[][]::new);
    for (byte[] word : this.words) {
      if (word.length < SHORTEST) {
        throw new IllegalArgumentException("A word of less than 7 bytes may be overlooked");
      }
      for (int i = 0; i < LOOK; i++) {
        parts[place(part(word, i))] = 1;
      }
    }
  }

  private static int part(byte[] word, int from) {
    int part = 0;
    for (int i = 0; i < LOOK; i++) {
      part |= (word[from + i] & 0xff) << (Byte.SIZE * i);
    }
    return part;
  }

  private static int place(int part) {
    return (part * 0x9E3779B1) >>> (Integer.SIZE - BITS_OF_PLACE);
  }

  boolean anyIn(byte[] text) {
    int i = 0;
    for (; i + Long.BYTES <= text.length; i += Long.BYTES) {
      long two = (long) LONGS.get(text, i);
      if ((look((int) two) | look((int) (two >>> Integer.SIZE))) != 0
          && anyBegins(text, i - LOOK + 1, i + LOOK + 1)) {
        return true;
      }
    }
    return anyBegins(text, i - LOOK + 1, text.length);
  }

  /** Not 0 where it may be a word's. */
  private int look(int part) {
    return parts[place(part)];
  }

  private boolean anyBegins(byte[] text, int from, int to) {
    for (int start = Math.max(0, from); start < to; start++) {
      for (byte[] word : words) {
        int end = start + word.length;
        if (word[0] == text[start]
            && end <= text.length
            && Arrays.equals(text, start, end, word, 0, word.length)) {
          return true;
        }
      }
    }
    return false;
  }
}
