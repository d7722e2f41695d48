package com.langfuse.sdk.export;

import com.langfuse.sdk.export.SpoolRecord.Done;
import com.langfuse.sdk.export.SpoolRecord.Header;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Reads a spool file once from its beginning to its end and finds every intact span that is not
 * done, whatever else is in the file. For one thread.
 *
 * <p>Spans are numbered, so the gaps between intact records tell exactly how many are lost. Only
 * after the last intact record that is a guess: the marks that are left there are counted, and what
 * was cut off between two records leaves no trace.
 */
final class SpoolScan {

  static final byte[] MAGIC = "LFSPOOL2".getBytes(StandardCharsets.US_ASCII);

  /** Where no record begins within so many bytes, the rest of the file is given up. */
  private static final long MAX_GAP = 64L << 20;

  private static final int BUFFER = 64 * 1024;

  /** Where an intact span is in the file, header included. */
  record Entry(long number, long from, int length) {
    long to() {
      return from + length;
    }
  }

  private final RandomAccessFile file;
  private final int seed;
  private final long length;
  private final byte[] buffer = new byte[BUFFER];
  private long bufferAt;
  private int buffered;

  private final TreeMap<Long, Entry> spans = new TreeMap<>();
  private final BitSet known = new BitSet();
  private final List<Done> notes = new ArrayList<>();
  private long written;
  private long lostAtEnd;
  private boolean ours;
  private boolean damaged;
  private boolean countIsExact = true;

  private SpoolScan(RandomAccessFile file, int seed) throws IOException {
    this.file = file;
    this.seed = seed;
    this.length = file.length();
  }

  /**
   * Scans a file.
   *
   * @param seed of its records' checksums
   * @throws IOException if it cannot be read, or this thread is interrupted
   */
  static SpoolScan of(RandomAccessFile file, int seed) throws IOException {
    SpoolScan scan = new SpoolScan(file, seed);
    scan.readBeginning();
    scan.readRecords();
    scan.notes.forEach(scan::forget);
    return scan;
  }

  /** False when nothing in it looks as if a spool had written it. */
  boolean isOurs() {
    return ours;
  }

  /** Whether it has other bytes than were written, apart from a last record that is incomplete. */
  boolean isDamaged() {
    return damaged;
  }

  /** False when the number of lost spans is a guess. */
  boolean isCountExact() {
    return countIsExact;
  }

  /** The intact spans that are not done, in the order in which they were written. */
  List<Entry> spans() {
    return List.copyOf(spans.values());
  }

  /** How many spans were written, as far as the file tells. */
  long written() {
    return written + lostAtEnd;
  }

  /** The spans that are neither intact nor done, as ranges that another scan takes for done. */
  List<Done> lost() {
    List<Done> lost = new ArrayList<>();
    int from = known.nextClearBit(0);
    while (from < written()) {
      int next = known.nextSetBit(from);
      long to = next < 0 ? written() : Math.min(next, written());
      lost.add(new Done(from, to - 1, 0, written()));
      from = known.nextClearBit((int) to);
    }
    return lost;
  }

  private void readBeginning() throws IOException {
    load(0, MAGIC.length);
    byte[] beginning = Arrays.copyOf(buffer, (int) Math.min(MAGIC.length, length));
    ours = Arrays.equals(beginning, Arrays.copyOf(MAGIC, beginning.length));
    damaged = !ours;
    countIsExact = length >= MAGIC.length; // one that is shorter may have been cut off
    ours |= length > 0 && beginning[0] == 0; // what a lost block reads as, and no text begins with
  }

  private void readRecords() throws IOException {
    long at = damaged ? 0 : MAGIC.length;
    while (at < length) {
      Header header = headerAt(at);
      ours |= header != null;
      long to = header == null ? at : at + SpoolRecord.HEADER_BYTES + header.length();
      if (header != null && header.mark() == SpoolRecord.SPAN) {
        written = Math.max(written, header.number() + 1);
      }
      if (header != null && to <= length && accept(header, at)) {
        at = to;
      } else {
        at = readDamage(header, at, Math.min(to, length));
      }
    }
  }

  /** False when its bytes are not those that were written. */
  private boolean accept(Header header, long at) throws IOException {
    long from = at + SpoolRecord.HEADER_BYTES;
    if (checksum(from, header.length()) != header.checksum()) {
      return false;
    }
    if (header.mark() == SpoolRecord.SPAN) {
      int size = SpoolRecord.HEADER_BYTES + header.length();
      spans.putIfAbsent(header.number(), new Entry(header.number(), at, size));
      known.set((int) header.number());
    } else if (header.length() == SpoolRecord.DONE_BYTES && load(from, header.length())) {
      int place = (int) (from - bufferAt);
      notes.add(Done.of(ByteBuffer.wrap(buffer, place, header.length())));
    }
    return true;
  }

  private void forget(Done note) {
    if (SpoolRecord.isNumber(note.from())
        && SpoolRecord.isNumber(note.to())
        && SpoolRecord.isNumber(note.allBefore())
        && SpoolRecord.isNumber(note.written())
        && note.from() <= note.to()) {
      written = Math.max(written, note.written());
      spans.subMap(note.from(), true, note.to(), true).clear();
      spans.headMap(note.allBefore()).clear();
      known.set((int) note.from(), (int) note.to() + 1);
      known.set(0, (int) note.allBefore());
    }
  }

  /**
   * Goes on where the next record checks, which may be within the bytes of the damaged one.
   *
   * @param header of the damaged record; null when that is damaged too
   * @param rest where the damaged record ends, as far as that is known
   * @return where the next record is, or the file's length
   */
  private long readDamage(@Nullable Header header, long at, long rest) throws IOException {
    int marks = 0;
    for (long next = at; next < length && next - at < MAX_GAP; next++) {
      int mark = markAt(next);
      if (mark != 0 && next > at && headerAt(next) != null) {
        damaged = true;
        return next;
      }
      ours |= mark != 0;
      marks += mark == SpoolRecord.SPAN && next >= rest ? 1 : 0;
    }
    boolean whole = isWhole(header, at);
    boolean incomplete = header == null ? isBeginning(at) : !whole;
    damaged |= !incomplete;
    countIsExact &= whole && rest == length;
    lostAtEnd = rest == length || markAt(rest) != 0 || isNote(rest) ? marks : marks + 1;
    return length;
  }

  private boolean isWhole(@Nullable Header header, long at) {
    return header != null && at + SpoolRecord.HEADER_BYTES + header.length() <= length;
  }

  /** Of a header, as a process leaves it that is killed while it writes. */
  private boolean isBeginning(long from) throws IOException {
    return length - from < SpoolRecord.HEADER_BYTES
        && load(from, 1)
        && buffer[(int) (from - bufferAt)] == SpoolRecord.FIRST_BYTE;
  }

  /** By its length, as nothing else is left to tell it from a span. */
  private boolean isNote(long from) {
    return length - from == SpoolRecord.HEADER_BYTES + SpoolRecord.DONE_BYTES;
  }

  /** The mark of a record at this place; zero when there is none. */
  private int markAt(long at) throws IOException {
    if (!load(at, Integer.BYTES) || buffer[(int) (at - bufferAt)] != SpoolRecord.FIRST_BYTE) {
      return 0;
    }
    return SpoolRecord.mark(buffer, (int) (at - bufferAt));
  }

  private @Nullable Header headerAt(long at) throws IOException {
    return load(at, SpoolRecord.HEADER_BYTES)
        ? SpoolRecord.header(seed, buffer, (int) (at - bufferAt))
        : null;
  }

  /** Piece by piece: a span may be larger than the buffer. */
  private int checksum(long from, int bytes) throws IOException {
    CRC32C crc = new CRC32C();
    long at = from;
    long to = from + bytes;
    while (at < to) {
      int part = (int) Math.min(to - at, BUFFER);
      if (!load(at, part)) {
        break; // the file has become shorter
      }
      crc.update(buffer, (int) (at - bufferAt), part);
      at += part;
    }
    return (int) crc.getValue();
  }

  /** Whether so many bytes are there, and now in the buffer. */
  private boolean load(long at, int bytes) throws IOException {
    if (at >= bufferAt && at + bytes <= bufferAt + buffered) {
      return true;
    }
    if (Thread.currentThread().isInterrupted()) {
      throw new IOException("the client is closed");
    }
    file.seek(at);
    bufferAt = at;
    buffered = 0;
    int read = 0;
    while (read >= 0 && buffered < BUFFER) {
      buffered += read;
      read = file.read(buffer, buffered, BUFFER - buffered);
    }
    return bytes <= buffered;
  }
}
