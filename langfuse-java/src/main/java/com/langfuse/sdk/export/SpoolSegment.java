package com.langfuse.sdk.export;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One file of a spool: a log of records, each {@code length, CRC32C, kind, bytes}. A record is a
 * span (an OTLP body of its own) or says that all spans between two places are done. What was
 * written before the process was killed is there: it is the kernel's. Threadsafe.
 */
final class SpoolSegment {

  private static final byte[] MAGIC = "LFSPOOL1".getBytes(StandardCharsets.US_ASCII);
  private static final int HEADER = Integer.BYTES + Integer.BYTES + 1;
  private static final byte SPAN = 1;
  private static final byte DONE = 2;
  private static final int LONGEST = 1 << 30;

  private record Entry(long from, int length) {
    long to() {
      return from + length;
    }
  }

  /** Spans that somebody has taken, and where they are. */
  record Slice(List<byte[]> spans, long from, long to) {}

  private final Path path;
  private final RandomAccessFile file;
  private final Deque<Entry> waiting = new ArrayDeque<>();
  private long end;
  private int underWay;
  private boolean closed;

  private SpoolSegment(Path path, RandomAccessFile file) {
    this.path = path;
    this.file = file;
  }

  static SpoolSegment create(Path path) throws IOException {
    PrivateFiles.create(path);
    SpoolSegment segment = new SpoolSegment(path, new RandomAccessFile(path.toFile(), "rw"));
    try {
      segment.file.write(MAGIC);
      segment.end = MAGIC.length;
      return segment;
    } catch (IOException e) {
      segment.discard();
      throw e;
    }
  }

  /** One that another process has left behind. Null when it is none of ours. */
  static @Nullable SpoolSegment reopen(Path path) throws IOException {
    SpoolSegment segment = new SpoolSegment(path, new RandomAccessFile(path.toFile(), "rw"));
    byte[] magic = new byte[MAGIC.length];
    if (segment.file.read(magic) != MAGIC.length || !Arrays.equals(magic, MAGIC)) {
      segment.file.close();
      return null;
    }
    segment.scan();
    return segment;
  }

  /** Finds what is not done. The last record may be torn; then its span had not quite ended. */
  private void scan() throws IOException {
    long length = file.length();
    end = MAGIC.length;
    byte[] header = new byte[HEADER];
    while (end + HEADER <= length) {
      file.seek(end);
      file.readFully(header);
      int size = ByteBuffer.wrap(header).getInt();
      if (size < 0 || size > LONGEST || end + HEADER + size > length) {
        break;
      }
      byte[] bytes = new byte[size];
      file.readFully(bytes);
      byte kind = header[HEADER - 1];
      if (ByteBuffer.wrap(header).getInt(Integer.BYTES) == checksum(kind, bytes, 0, size)) {
        if (kind == SPAN) {
          waiting.add(new Entry(end, HEADER + size));
        } else if (kind == DONE && size == 2 * Long.BYTES) {
          ByteBuffer range = ByteBuffer.wrap(bytes);
          long from = range.getLong();
          long to = range.getLong();
          waiting.removeIf(entry -> entry.from() >= from && entry.to() <= to);
        }
      }
      end += HEADER + size;
    }
  }

  /** Adds a span; when this has returned, it survives the process. */
  synchronized void append(byte[] span) throws IOException {
    long from = end;
    write(SPAN, span);
    waiting.add(new Entry(from, HEADER + span.length));
  }

  private void write(byte kind, byte[] bytes) throws IOException {
    if (closed) {
      throw new IOException("the spool is closed");
    }
    byte[] record = new byte[HEADER + bytes.length];
    ByteBuffer.wrap(record)
        .putInt(bytes.length)
        .putInt(checksum(kind, bytes, 0, bytes.length))
        .put(kind)
        .put(bytes);
    try {
      file.seek(end);
      file.write(record);
      end += record.length;
    } catch (IOException e) {
      file.setLength(end); // half a record would hide what comes after it
      throw e;
    }
  }

  private static int checksum(byte kind, byte[] bytes, int from, int length) {
    CRC32C crc = new CRC32C();
    crc.update(kind);
    crc.update(bytes, from, length);
    return (int) crc.getValue();
  }

  /** The oldest spans, at least one if there is one; null when none waits. */
  synchronized @Nullable Slice take(int most, long mostBytes) throws IOException {
    List<Entry> taken = new ArrayList<>();
    long bytes = 0;
    while (!waiting.isEmpty()
        && taken.size() < most
        && (taken.isEmpty() || bytes + waiting.element().length() <= mostBytes)) {
      Entry next = waiting.remove();
      bytes += next.length();
      taken.add(next);
    }
    if (taken.isEmpty()) {
      return null;
    }
    underWay += taken.size();
    long from = taken.get(0).from();
    long to = taken.get(taken.size() - 1).to();
    byte[] region = new byte[Math.toIntExact(to - from)];
    file.seek(from);
    file.readFully(region);
    List<byte[]> spans = new ArrayList<>();
    for (Entry entry : taken) {
      int start = Math.toIntExact(entry.from() - from);
      spans.add(Arrays.copyOfRange(region, start + HEADER, start + entry.length()));
    }
    return new Slice(spans, from, to);
  }

  /** They have arrived, or will not be tried again. */
  synchronized void done(Slice slice) throws IOException {
    underWay -= slice.spans().size();
    if (closed) {
      return;
    }
    if (isEmpty()) {
      file.setLength(MAGIC.length);
      end = MAGIC.length;
    } else {
      ByteBuffer range = ByteBuffer.allocate(2 * Long.BYTES);
      write(DONE, range.putLong(slice.from()).putLong(slice.to()).array());
    }
  }

  /** What was taken and never done counts as not done: the next process will find it. */
  synchronized boolean isEmpty() {
    return waiting.isEmpty() && underWay == 0;
  }

  synchronized int size() {
    return waiting.size() + underWay;
  }

  synchronized long length() {
    return end;
  }

  /** Closes the file, and deletes it when all is done. */
  synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (isEmpty()) {
      discard();
    } else {
      closeQuietly();
    }
  }

  private void discard() {
    closeQuietly();
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      // It is empty; the next process tries again.
    }
  }

  private void closeQuietly() {
    try {
      file.close();
    } catch (IOException e) {
      // What was written stays written.
    }
  }
}
