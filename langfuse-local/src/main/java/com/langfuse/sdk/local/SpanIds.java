package com.langfuse.sdk.local;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Which spans have been seen, for millions of them: 16 bytes of a digest each, in an open hash
 * table. Ids come as any text, and no two of them will ever share 128 bits of SHA-256.
 */
final class SpanIds {

  private static final int FIRST_CAPACITY = 1 << 10;

  // Pairs of longs; a pair of zeros is free.
  private long[] table = new long[2 * FIRST_CAPACITY];
  private int size;

  /** False if it was there already. */
  boolean add(String traceId, String spanId) {
    byte[] ids = (traceId + ' ' + spanId).getBytes(StandardCharsets.UTF_8);
    ByteBuffer digest = ByteBuffer.wrap(Sha256.of(ids));
    boolean isNew = put(digest.getLong(), digest.getLong());
    if (isNew) {
      size++;
      if (4L * size > table.length) {
        grow();
      }
    }
    return isNew;
  }

  int size() {
    return size;
  }

  long bytes() {
    return (long) table.length * Long.BYTES;
  }

  void clear() {
    table = new long[2 * FIRST_CAPACITY];
    size = 0;
  }

  private boolean put(long high, long low) {
    int last = table.length - 1;
    int slot = (int) (2 * high) & last;
    while (table[slot] != 0 || table[slot + 1] != 0) {
      if (table[slot] == high && table[slot + 1] == low) {
        return false;
      }
      slot = (slot + 2) & last;
    }
    table[slot] = high;
    table[slot + 1] = low;
    return true;
  }

  private void grow() {
    long[] former = table;
    table = new long[2 * former.length];
    for (int slot = 0; slot < former.length; slot += 2) {
      if (former[slot] != 0 || former[slot + 1] != 0) {
        put(former[slot], former[slot + 1]);
      }
    }
  }
}
