package com.langfuse.sdk.export;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One record of a spool file: {@code mark, length, number, CRC32C of the bytes, CRC32C of these
 * fields}, then the bytes. A record is a span, an OTLP body of its own, or says which spans are
 * done.
 *
 * <p>The marks hold bytes that UTF-8 does not have, and the header's checksum is seeded with the
 * file's name. After a damaged stretch the next intact record is therefore found without trusting a
 * damaged length, and bytes in an observation are not mistaken for a record.
 */
final class SpoolRecord {

  static final int SPAN = 0xfffe_5350;
  static final int DONE = 0xfffe_444e;

  /** All marks begin with it. */
  static final byte FIRST_BYTE = (byte) 0xff;

  static final int HEADER_BYTES = 3 * Integer.BYTES + Long.BYTES + Integer.BYTES;

  /** A file of {@link Spool} has fewer spans by far. */
  static final int MAX_NUMBER = 1 << 24;

  /** Of a record that says which spans are done. */
  static final int DONE_BYTES = 4 * Long.BYTES;

  /**
   * What precedes the bytes.
   *
   * @param number of the span in its file, from zero; zero in other records
   * @param checksum of the bytes
   */
  record Header(int mark, int length, long number, int checksum) {}

  /**
   * Spans that are delivered or given up.
   *
   * @param from the first number of a range
   * @param to the last number of the range
   * @param allBefore before this number every span is done
   * @param written how many spans had been written to the file
   */
  record Done(long from, long to, long allBefore, long written) {

    byte[] bytes() {
      return ByteBuffer.allocate(DONE_BYTES)
          .putLong(from)
          .putLong(to)
          .putLong(allBefore)
          .putLong(written)
          .array();
    }

    static Done of(ByteBuffer bytes) {
      return new Done(bytes.getLong(), bytes.getLong(), bytes.getLong(), bytes.getLong());
    }
  }

  private SpoolRecord() {}

  /** What the header's checksums of a file are bound to. */
  static int seed(Path file) {
    byte[] name = String.valueOf(file.getFileName()).getBytes(StandardCharsets.UTF_8);
    return checksum(name, 0, name.length);
  }

  /** Header and bytes, to be written at once. */
  static byte[] encode(int seed, int mark, long number, byte[] bytes) {
    byte[] record = new byte[HEADER_BYTES + bytes.length];
    ByteBuffer out = ByteBuffer.wrap(record);
    out.putInt(mark).putInt(bytes.length).putLong(number);
    out.putInt(checksum(bytes, 0, bytes.length));
    out.putInt(headerChecksum(seed, record, 0));
    out.put(bytes);
    return record;
  }

  /** The header at a place of a buffer; null when there is none that checks. */
  static @Nullable Header header(int seed, byte[] buffer, int at) {
    ByteBuffer in = ByteBuffer.wrap(buffer, at, HEADER_BYTES);
    Header header = new Header(in.getInt(), in.getInt(), in.getLong(), in.getInt());
    boolean known = header.mark() == SPAN || header.mark() == DONE;
    boolean checks = known && in.getInt() == headerChecksum(seed, buffer, at);
    return checks && header.length() >= 0 && isNumber(header.number()) ? header : null;
  }

  /** The bytes of a span at a place of a buffer; null when they are not those that were written. */
  static byte @Nullable [] span(int seed, byte[] buffer, int at, long number, int recordBytes) {
    Header header = header(seed, buffer, at);
    int length = recordBytes - HEADER_BYTES;
    boolean checks =
        header != null
            && header.mark() == SPAN
            && header.number() == number
            && header.length() == length
            && header.checksum() == checksum(buffer, at + HEADER_BYTES, length);
    return checks ? Arrays.copyOfRange(buffer, at + HEADER_BYTES, at + recordBytes) : null;
  }

  static boolean isNumber(long number) {
    return number >= 0 && number <= MAX_NUMBER;
  }

  /** The mark at a place of a buffer; zero when there is none. */
  static int mark(byte[] buffer, int at) {
    int mark = ByteBuffer.wrap(buffer, at, Integer.BYTES).getInt();
    return mark == SPAN || mark == DONE ? mark : 0;
  }

  static int checksum(byte[] bytes, int from, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, length);
    return (int) crc.getValue();
  }

  private static int headerChecksum(int seed, byte[] buffer, int at) {
    return checksum(buffer, at, HEADER_BYTES - Integer.BYTES) ^ seed;
  }
}
