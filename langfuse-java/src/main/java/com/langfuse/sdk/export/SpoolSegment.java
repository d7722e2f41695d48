package com.langfuse.sdk.export;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
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
  private static final int BUFFER = 64 * 1024;

  private record Entry(long from, int length) {
    long to() {
      return from + length;
    }
  }

  /** Spans that somebody has taken, and where they are. */
  record Slice(List<byte[]> spans, long from, long to, long bytes) {}

  private final Path path;
  private final RandomAccessFile file;
  private final Deque<Entry> waiting = new ArrayDeque<>();
  private long end;
  private int underWay;
  private long openBytes;
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
    boolean ours = false;
    try {
      ours = segment.scan();
      return ours ? segment : null;
    } finally {
      if (!ours) {
        segment.closeQuietly();
      }
    }
  }

  /**
   * Finds what is not done. The last record may be torn; then its span had not quite ended, and
   * what comes after it, if anything, is no record.
   */
  private boolean scan() throws IOException {
    long length = file.length();
    file.seek(0);
    DataInputStream in = new DataInputStream(new BufferedInputStream(new Rest(), BUFFER));
    byte[] magic = in.readNBytes(MAGIC.length);
    if (magic.length < MAGIC.length && startsWithMagic(magic)) {
      end = MAGIC.length;
      return true; // its process died while it began
    }
    if (!Arrays.equals(magic, MAGIC)) {
      return false;
    }
    end = MAGIC.length;
    while (end + HEADER <= length) {
      if (Thread.currentThread().isInterrupted()) {
        throw new IOException("the client is closed");
      }
      int size = in.readInt();
      int checksum = in.readInt();
      byte kind = in.readByte();
      if (size < 0 || end + HEADER + size > length || (kind != SPAN && kind != DONE)) {
        break;
      }
      Content record = read(in, kind, size);
      if (record.checksum() == checksum && kind == SPAN) {
        waiting.add(new Entry(end, HEADER + size));
        openBytes += HEADER + size;
      } else if (record.checksum() == checksum && size == 2 * Long.BYTES) {
        ByteBuffer range = ByteBuffer.wrap(record.beginning());
        forget(range.getLong(), range.getLong());
      }
      end += HEADER + size;
    }
    return true;
  }

  private static boolean startsWithMagic(byte[] beginning) {
    return Arrays.equals(beginning, Arrays.copyOf(MAGIC, beginning.length));
  }

  private void forget(long from, long to) {
    waiting.removeIf(
        entry -> {
          boolean done = entry.from() >= from && entry.to() <= to;
          openBytes -= done ? entry.length() : 0;
          return done;
        });
  }

  /** What of a record it takes to judge it. */
  @SuppressWarnings("ArrayRecordComponent") // a few bytes, read once
  private record Content(int checksum, byte[] beginning) {}

  /** Piece by piece: what is said to be long need not be there. */
  private static Content read(DataInputStream in, byte kind, int size) throws IOException {
    CRC32C crc = new CRC32C();
    crc.update(kind);
    byte[] beginning = in.readNBytes(Math.min(size, 2 * Long.BYTES));
    crc.update(beginning);
    byte[] buffer = new byte[Math.min(size, BUFFER)];
    int left = size - beginning.length;
    while (left > 0) {
      int read = in.readNBytes(buffer, 0, Math.min(left, buffer.length));
      if (read == 0) {
        break;
      }
      crc.update(buffer, 0, read);
      left -= read;
    }
    return new Content((int) crc.getValue(), beginning);
  }

  /** The file from where it is read, for as long as it lasts. */
  private final class Rest extends InputStream {
    @Override
    public int read() throws IOException {
      return file.read();
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
      return file.read(bytes, from, length);
    }
  }

  /** Adds a span; when this has returned, it survives the process. */
  synchronized void append(byte[] span) throws IOException {
    long from = end;
    write(SPAN, span);
    waiting.add(new Entry(from, HEADER + span.length));
    openBytes += HEADER + span.length;
  }

  private void write(byte kind, byte[] bytes) throws IOException {
    if (closed) {
      throw new IOException("the spool is closed");
    }
    byte[] record = new byte[HEADER + bytes.length];
    ByteBuffer.wrap(record).putInt(bytes.length).putInt(checksum(kind, bytes)).put(kind).put(bytes);
    try {
      file.seek(end);
      file.write(record);
      end += record.length;
    } catch (IOException e) {
      file.setLength(end); // half a record would hide what comes after it
      throw e;
    }
  }

  private static int checksum(byte kind, byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(kind);
    crc.update(bytes);
    return (int) crc.getValue();
  }

  /** The oldest spans, at least one if there is one; null when none waits. */
  synchronized @Nullable Slice take(int most, long mostBytes) throws IOException {
    List<Entry> taken = new ArrayList<>();
    long bytes = 0;
    for (Entry next : waiting) {
      if (taken.size() >= most || (!taken.isEmpty() && bytes + next.length() > mostBytes)) {
        break;
      }
      bytes += next.length();
      taken.add(next);
    }
    if (taken.isEmpty()) {
      return null;
    }
    long from = taken.get(0).from();
    long to = taken.get(taken.size() - 1).to();
    byte[] region = new byte[Math.toIntExact(to - from)];
    file.seek(from);
    file.readFully(region);
    List<byte[]> spans = new ArrayList<>();
    for (Entry entry : taken) {
      int start = Math.toIntExact(entry.from() - from);
      spans.add(Arrays.copyOfRange(region, start + HEADER, start + entry.length()));
      waiting.remove();
    }
    underWay += taken.size();
    return new Slice(spans, from, to, bytes);
  }

  /** What waits cannot be read; how much that is. */
  synchronized int giveUp() {
    int lost = waiting.size();
    waiting.clear();
    underWay += lost; // for ever: the file stays, for somebody to look at
    return lost;
  }

  /** They have arrived, or will not be tried again. */
  synchronized void done(Slice slice) throws IOException {
    underWay -= slice.spans().size();
    openBytes -= slice.bytes();
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

  /** Of what is not done. */
  synchronized long openBytes() {
    return openBytes;
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
