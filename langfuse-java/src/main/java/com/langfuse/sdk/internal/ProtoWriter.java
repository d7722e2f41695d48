package com.langfuse.sdk.internal;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes the fields of a protobuf message by their numbers. See
 * protobuf.dev/programming-guides/encoding. For one thread and one message.
 */
public final class ProtoWriter {

  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH = 2;
  private static final int FIXED32 = 5;

  private byte[] bytes;
  private int size;

  /**
   * @param expectedBytes the first size of the buffer, which grows
   */
  public ProtoWriter(int expectedBytes) {
    this.bytes = new byte[expectedBytes];
  }

  /** What has been written. */
  public byte[] message() {
    return Arrays.copyOf(bytes, size);
  }

  /**
   * Begins a message within the message.
   *
   * @return to be passed to {@link #end}
   */
  public int begin(int number) {
    tag(number, LENGTH);
    room(1); // which is enough for the length of a short one
    size++;
    return size;
  }

  /** Ends the message that was begun last. */
  public void end(int start) {
    int length = size - start;
    int more = varintSize(length) - 1;
    if (more > 0) {
      room(more);
      System.arraycopy(bytes, start, bytes, start + more, length);
    }
    size = start - 1;
    varint(length);
    size += length;
  }

  public void text(int number, String text) {
    bytes(number, text.getBytes(StandardCharsets.UTF_8));
  }

  public void bytes(int number, byte[] value) {
    tag(number, LENGTH);
    varint(value.length);
    room(value.length);
    System.arraycopy(value, 0, bytes, size, value.length);
    size += value.length;
  }

  /** Writes an integer or an enum, which protobuf writes as a long. */
  public void integer(int number, long value) {
    tag(number, VARINT);
    varint(value);
  }

  public void bool(int number, boolean value) {
    integer(number, value ? 1 : 0);
  }

  public void fixed64(int number, long value) {
    tag(number, FIXED64);
    fixed(value, Long.BYTES);
  }

  public void fixed32(int number, int value) {
    tag(number, FIXED32);
    fixed(value, Integer.BYTES);
  }

  private void fixed(long value, int width) {
    room(width);
    for (int i = 0; i < width; i++) {
      bytes[size++] = (byte) (value >>> (8 * i));
    }
  }

  private void tag(int number, int type) {
    varint(((long) number << 3) | type);
  }

  private void varint(long value) {
    room(10);
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      bytes[size++] = (byte) ((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
  }

  private static int varintSize(int length) {
    int size = 1;
    for (int rest = length >>> 7; rest != 0; rest >>>= 7) {
      size++;
    }
    return size;
  }

  private void room(int more) {
    if (more > bytes.length - size) {
      int needed = Math.addExact(size, more);
      int doubled = (int) Math.min(2L * size, Integer.MAX_VALUE - 8);
      bytes = Arrays.copyOf(bytes, Math.max(needed, doubled));
    }
  }
}
