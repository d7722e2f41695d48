package com.langfuse.sdk.internal;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Walks over the fields of one protobuf message, from outside: numbers and lengths, no schema. See
 * protobuf.dev/programming-guides/encoding.
 */
public final class ProtoFields {

  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH = 2;
  private static final int FIXED32 = 5;

  private final byte[] bytes;
  private final int end;
  private int next;
  private int fieldStart;
  private int tag;
  private int valueStart;
  private long number;

  public ProtoFields(byte[] bytes) {
    this(bytes, 0, bytes.length);
  }

  private ProtoFields(byte[] bytes, int start, int end) {
    this.bytes = bytes;
    this.next = start;
    this.end = end;
  }

  /** Moves to the next field; false behind the last one. */
  public boolean next() {
    if (next >= end) {
      return false;
    }
    fieldStart = next;
    tag = (int) varint();
    switch (tag & 7) {
      case VARINT -> {
        valueStart = next;
        number = varint();
      }
      case FIXED64 -> skip(8);
      case FIXED32 -> skip(4);
      case LENGTH -> {
        int length = (int) varint();
        skip(length);
      }
      default -> throw new IllegalArgumentException("no protobuf: tag " + tag);
    }
    if (next > end || next < valueStart) {
      throw new IllegalArgumentException("no protobuf: a field ends behind its message");
    }
    return true;
  }

  /** A message, text or bytes with this number. */
  public boolean is(int number) {
    return tag == key(number);
  }

  /** An integer with this number. */
  public boolean isInteger(int number) {
    return tag == ((number << 3) | VARINT);
  }

  /** The value of an integer field. */
  public long integer() {
    return number;
  }

  public ProtoFields message() {
    return new ProtoFields(bytes, valueStart, next);
  }

  public String text() {
    return new String(bytes, valueStart, next - valueStart, StandardCharsets.UTF_8);
  }

  public byte[] value() {
    return Arrays.copyOfRange(bytes, valueStart, next);
  }

  /** The whole message. */
  public byte[] all() {
    return Arrays.copyOfRange(bytes, next, end);
  }

  /** The field as it is. */
  public void copyTo(ByteArrayOutputStream out) {
    out.write(bytes, fieldStart, next - fieldStart);
  }

  /** Writes a message, text or bytes. */
  public static void write(ByteArrayOutputStream out, int number, byte[] value) {
    writeVarint(out, key(number));
    writeVarint(out, value.length);
    out.writeBytes(value);
  }

  private static int key(int number) {
    return (number << 3) | LENGTH;
  }

  private static void writeVarint(ByteArrayOutputStream out, int value) {
    int rest = value;
    while ((rest & ~0x7f) != 0) {
      out.write((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    out.write(rest);
  }

  private void skip(int length) {
    valueStart = next;
    next += length;
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      byte part = bytes[next++];
      value |= (long) (part & 0x7f) << shift;
      if (part >= 0) {
        return value;
      }
    }
    throw new IllegalArgumentException("no protobuf: a number does not end");
  }
}
