package com.langfuse.sdk.local;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Protobuf's wire format, field by field. Takes and refuses the same bytes as protobuf-java: a
 * refusal is a {@link RefusedException} with status 400. Not thread-safe.
 */
final class ProtobufInput {

  static final int VARINT = 0;
  static final int FIXED64 = 1;
  static final int LENGTH_DELIMITED = 2;
  static final int START_GROUP = 3;
  static final int END_GROUP = 4;
  static final int FIXED32 = 5;

  private static final int MAX_DEPTH = 100; // protobuf-java's
  private static final char REPLACEMENT = '\uFFFD';

  private final byte[] bytes;
  private final ByteBuffer numbers;
  private int position;
  private int limit;
  private int depth;

  ProtobufInput(byte[] bytes) {
    this.bytes = bytes;
    this.numbers = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    this.limit = bytes.length;
  }

  static int fieldNumber(int tag) {
    return tag >>> 3;
  }

  static int wireType(int tag) {
    return tag & 7;
  }

  /** Number and wire type of the next field; 0 at the end of the message. */
  int tag() throws RefusedException {
    if (position == limit) {
      return 0;
    }
    int tag = (int) varint();
    if (fieldNumber(tag) == 0) {
      throw refused("a field has number 0");
    }
    return tag;
  }

  long varint() throws RefusedException {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      byte next = bytes[advance(1)];
      value |= (next & 0x7FL) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw refused("an integer has more than 10 bytes");
  }

  int fixed32() throws RefusedException {
    return numbers.getInt(advance(Integer.BYTES));
  }

  long fixed64() throws RefusedException {
    return numbers.getLong(advance(Long.BYTES));
  }

  byte[] bytes() throws RefusedException {
    int start = advance(length());
    return Arrays.copyOfRange(bytes, start, position);
  }

  /** Two digits for each byte. */
  String hex() throws RefusedException {
    int start = advance(length());
    return HexFormat.of().formatHex(bytes, start, position);
  }

  String text() throws RefusedException {
    int start = advance(length());
    String text = new String(bytes, start, position - start, StandardCharsets.UTF_8);
    // In a text that is UTF-8, each replacement character is the sender's.
    if (text.indexOf(REPLACEMENT) >= 0) {
      byte[] valid = text.getBytes(StandardCharsets.UTF_8);
      if (!Arrays.equals(valid, 0, valid.length, bytes, start, position)) {
        throw refused("a text is not UTF-8");
      }
    }
    return text;
  }

  /**
   * Enters the message that is the value of a field: {@link #tag()} ends with it.
   *
   * @return for {@link #leave}
   */
  int enter() throws RefusedException {
    int length = length();
    deepen();
    int outerLimit = limit;
    limit = position + length;
    return outerLimit;
  }

  void leave(int outerLimit) {
    limit = outerLimit;
    depth--;
  }

  /** Skips the value of a field of any wire type. A group is skipped with all that is in it. */
  void skip(int tag) throws RefusedException {
    switch (wireType(tag)) {
      case VARINT -> varint();
      case FIXED64 -> advance(Long.BYTES);
      case LENGTH_DELIMITED -> advance(length());
      case START_GROUP -> skipGroup(fieldNumber(tag));
      case FIXED32 -> advance(Integer.BYTES);
      case END_GROUP -> throw refused("a group ends that has not begun");
      default -> throw refused("a field has wire type " + wireType(tag));
    }
  }

  private void skipGroup(int number) throws RefusedException {
    deepen();
    int tag = tag();
    for (; tag != 0 && wireType(tag) != END_GROUP; tag = tag()) {
      skip(tag);
    }
    if (fieldNumber(tag) != number) {
      throw refused("a group does not end");
    }
    depth--;
  }

  private void deepen() throws RefusedException {
    if (++depth > MAX_DEPTH) {
      throw refused("messages are nested more than %d deep".formatted(MAX_DEPTH));
    }
  }

  /** The length of a value that lies within the message. */
  private int length() throws RefusedException {
    int length = (int) varint();
    if (length < 0) {
      throw refused("a length is negative");
    }
    requireLeft(length);
    return length;
  }

  /** Returns the position before. */
  private int advance(int count) throws RefusedException {
    requireLeft(count);
    int start = position;
    position += count;
    return start;
  }

  private void requireLeft(int count) throws RefusedException {
    if (count > limit - position) {
      throw refused("it ends in the middle of a field");
    }
  }

  private static RefusedException refused(String why) {
    return new RefusedException("Not an OTLP protobuf export: " + why);
  }
}
