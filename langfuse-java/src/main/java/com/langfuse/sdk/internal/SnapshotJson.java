package com.langfuse.sdk.internal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes snapshots, as Jackson would and sooner: there is nothing to look up and to guard, and a
 * text is looked at eight bytes at a time and copied as it is. What is neither text nor a common
 * number is still Jackson's.
 */
final class SnapshotJson {

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = 0x8080808080808080L;
  private static final long BACKSLASHES = '\\' * ONES;
  private static final long QUESTION_MARKS = '?' * ONES;

  /** Turns a quotation mark into a space, and control characters into each other. */
  private static final long TWOS = 2 * ONES;

  private static final long UP_TO_SPACE = (' ' + 1) * ONES;

  private static final byte[] NULL = ascii("null");
  private static final byte[] TRUE = ascii("true");
  private static final byte[] FALSE = ascii("false");
  private static final byte[] HEX = ascii("0123456789ABCDEF");

  private final ObjectMapper mapper;
  private byte[] json;
  private int length;
  private boolean isText = true;

  private SnapshotJson(ObjectMapper mapper, int expected) {
    this.mapper = mapper;
    this.json = new byte[expected];
  }

  /**
   * Null where a text has half a character, which has no UTF-8.
   *
   * @param expected about how long it will be
   */
  static @Nullable String write(Object snapshot, long expected, ObjectMapper mapper)
      throws JsonProcessingException {
    int room = (int) Math.min(expected + expected / 8 + 64, Integer.MAX_VALUE / 2);
    SnapshotJson writer = new SnapshotJson(mapper, room);
    writer.value(snapshot);
    return writer.isText ? new String(writer.json, 0, writer.length, StandardCharsets.UTF_8) : null;
  }

  private void value(@Nullable Object value) throws JsonProcessingException {
    if (value == null) {
      append(NULL);
    } else if (value instanceof String text) {
      text(text);
    } else if (value instanceof Integer number) {
      append(ascii(Integer.toString(number)));
    } else if (value instanceof Long number && PlainValues.isSafe(number)) {
      append(ascii(Long.toString(number)));
    } else if (value instanceof Boolean bool) {
      append(bool ? TRUE : FALSE);
    } else if (value instanceof Map<?, ?> map) {
      object(map);
    } else if (value instanceof List<?> list) {
      array(list);
    } else if (value instanceof Double number && Math.abs(number) <= Double.MAX_VALUE) {
      append(ascii(Double.toString(number)));
    } else {
      String json = mapper.writeValueAsString(value);
      isText &= isWhole(json); // it may be half a character, too
      append(json.getBytes(StandardCharsets.UTF_8));
    }
  }

  private void object(Map<?, ?> map) throws JsonProcessingException {
    append('{');
    boolean first = true;
    for (Map.Entry<?, ?> field : map.entrySet()) {
      if (!first) {
        append(',');
      }
      first = false;
      text((String) field.getKey());
      append(':');
      value(field.getValue());
    }
    append('}');
  }

  private void array(List<?> list) throws JsonProcessingException {
    append('[');
    for (int i = 0; i < list.size(); i++) {
      if (i > 0) {
        append(',');
      }
      value(list.get(i));
    }
    append(']');
  }

  private void text(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    boolean ascii = utf8.length == text.length(); // or half a character, as a question mark
    isText &= ascii || isWhole(text);
    append('"');
    int done = 0;
    for (int next = special(utf8, 0); next < utf8.length; next = special(utf8, done)) {
      append(utf8, done, next);
      if (utf8[next] == '?') {
        isText &= !ascii || text.charAt(next) == '?';
        append('?');
      } else {
        escape(utf8[next]);
      }
      done = next + 1;
    }
    append(utf8, done, utf8.length);
    append('"');
  }

  /** Where the next byte is that JSON does not take as it is, or that may stand for another. */
  private static int special(byte[] utf8, int from) {
    int i = from;
    for (; i + Long.BYTES <= utf8.length; i += Long.BYTES) {
      long specials = specials((long) LONGS.get(utf8, i));
      if (specials != 0) {
        return i + Long.numberOfTrailingZeros(specials) / Byte.SIZE;
      }
    }
    while (i < utf8.length && !isSpecial(utf8[i])) {
      i++;
    }
    return i;
  }

  /**
   * The highest bit of the first of eight bytes that is one, maybe of others behind it; 0 where
   * there is none. See "Determine if a word has a byte less than n", Bit hacks.
   */
  private static long specials(long bytes) {
    long controlsAndQuotes = bytes ^ TWOS;
    long backslashes = bytes ^ BACKSLASHES;
    long questions = bytes ^ QUESTION_MARKS;
    long found =
        ((controlsAndQuotes - UP_TO_SPACE) & ~controlsAndQuotes)
            | ((backslashes - ONES) & ~backslashes)
            | ((questions - ONES) & ~questions);
    return found & HIGHS;
  }

  private static boolean isSpecial(byte b) {
    return (b >= 0 && b < ' ') || b == '"' || b == '\\' || b == '?';
  }

  private void escape(byte special) {
    append('\\');
    switch (special) {
      case '"', '\\' -> append(special);
      case '\b' -> append('b');
      case '\t' -> append('t');
      case '\n' -> append('n');
      case '\f' -> append('f');
      case '\r' -> append('r');
      default -> {
        append(ascii("u00"));
        append(HEX[special >> 4]);
        append(HEX[special & 0xf]);
      }
    }
  }

  /** Whether each half of a character has its other half. */
  private static boolean isWhole(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        i++;
        if (i == text.length() || !Character.isSurrogatePair(c, text.charAt(i))) {
          return false;
        }
      }
    }
    return true;
  }

  private void append(int ascii) {
    room(1);
    json[length++] = (byte) ascii;
  }

  private void append(byte[] bytes) {
    append(bytes, 0, bytes.length);
  }

  private void append(byte[] bytes, int from, int to) {
    room(to - from);
    System.arraycopy(bytes, from, json, length, to - from);
    length += to - from;
  }

  private void room(int more) {
    if (json.length - length < more) {
      json = Arrays.copyOf(json, Math.max(json.length + json.length / 2, length + more));
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
