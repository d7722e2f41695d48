package com.langfuse.sdk.export;

import com.langfuse.sdk.export.SpoolRecord.Done;
import com.langfuse.sdk.export.SpoolScan.Entry;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One file of a spool: a log of {@link SpoolRecord records}, spans and notes that spans are done.
 * What was written before the process was killed is there: it is in the kernel's page cache. What
 * is read is checked, so that damaged bytes are never sent; a damaged file is kept. Threadsafe.
 */
final class SpoolSegment {

  /** Spans that are taken, by the numbers of the first and the last one. */
  record Slice(List<byte[]> spans, long from, long to, long bytes) {}

  private final Path path;
  private final RandomAccessFile file;
  private final SpoolQuarantine quarantine;
  private final int seed;
  private final Deque<Entry> waiting = new ArrayDeque<>();
  private final Set<Slice> underWay = Collections.newSetFromMap(new IdentityHashMap<>());
  private long end;
  private long written;
  private long openBytes;
  private long lost;
  private int abandoned;
  private boolean damaged;
  private boolean countIsExact = true;
  private boolean closed;

  private SpoolSegment(Path path, SpoolQuarantine quarantine) throws IOException {
    this.path = path;
    this.file = new RandomAccessFile(path.toFile(), "rw");
    this.quarantine = quarantine;
    this.seed = SpoolRecord.seed(path);
  }

  static SpoolSegment create(Path path, SpoolQuarantine quarantine) throws IOException {
    PrivateFiles.create(path);
    SpoolSegment segment = new SpoolSegment(path, quarantine);
    try {
      segment.file.write(SpoolScan.MAGIC);
      segment.end = SpoolScan.MAGIC.length;
      return segment;
    } catch (IOException e) {
      segment.discard();
      throw e;
    }
  }

  /** One that another process has left behind. Null when it is no spool file. */
  static @Nullable SpoolSegment reopen(Path path, SpoolQuarantine quarantine) throws IOException {
    SpoolSegment segment = new SpoolSegment(path, quarantine);
    boolean usable = false;
    try {
      usable = segment.readAll();
      return usable ? segment : null;
    } finally {
      if (!usable) {
        segment.closeQuietly();
      }
    }
  }

  /** False when it is no spool file. What is lost is noted as done, so that it counts once. */
  private synchronized boolean readAll() throws IOException {
    SpoolScan scan = SpoolScan.of(file, seed);
    if (!scan.isOurs()) {
      return false;
    }
    scan.spans().forEach(this::await);
    end = Math.max(SpoolScan.MAGIC.length, file.length());
    written = scan.written();
    damaged = scan.isDamaged();
    countIsExact = scan.isCountExact();
    for (Done range : scan.lost()) {
      lost += range.to() - range.from() + 1;
      noteLost(range);
    }
    return true;
  }

  private void noteLost(Done range) {
    try {
      write(SpoolRecord.DONE, 0, range.bytes());
    } catch (IOException full) {
      // The next process counts them once more.
    }
  }

  private void await(Entry entry) {
    waiting.add(entry);
    openBytes += entry.length();
  }

  /** Adds a span; when this has returned, it survives the process. */
  synchronized void append(byte[] span) throws IOException {
    long from = end;
    write(SpoolRecord.SPAN, written, span);
    await(new Entry(written++, from, (int) (end - from)));
  }

  private void write(int mark, long number, byte[] bytes) throws IOException {
    if (closed) {
      throw new IOException("the spool is closed");
    }
    byte[] record = SpoolRecord.encode(seed, mark, number, bytes);
    try {
      file.seek(end);
      file.write(record);
      end += record.length;
    } catch (IOException e) {
      file.setLength(end); // half a record would be counted as lost
      throw e;
    }
  }

  /** The oldest spans, at least one if there is one; null when none waits. */
  synchronized @Nullable Slice take(int most, long mostBytes) throws IOException {
    List<Entry> taken = oldest(most, mostBytes);
    List<byte[]> spans = read(taken);
    if (spans == null) {
      findAgain();
      taken = oldest(most, mostBytes);
      spans = read(taken);
    }
    if (spans == null) {
      throw new IOException("it changes while it is read");
    }
    if (taken.isEmpty()) {
      return null;
    }
    long bytes = taken.stream().mapToLong(Entry::length).sum();
    Slice slice =
        new Slice(spans, taken.get(0).number(), taken.get(taken.size() - 1).number(), bytes);
    taken.forEach(entry -> waiting.remove());
    underWay.add(slice);
    return slice;
  }

  private List<Entry> oldest(int most, long mostBytes) {
    List<Entry> oldest = new ArrayList<>();
    long bytes = 0;
    for (Entry next : waiting) {
      bytes += next.length();
      if (oldest.size() >= most || (!oldest.isEmpty() && bytes > mostBytes)) {
        break;
      }
      oldest.add(next);
    }
    return oldest;
  }

  /** Their spans; null when one of them is not there as it was written. */
  private @Nullable List<byte[]> read(List<Entry> entries) throws IOException {
    List<byte[]> spans = new ArrayList<>(entries.size());
    int index = 0;
    while (index < entries.size()) {
      int next = endOfRun(entries, index);
      long from = entries.get(index).from();
      byte[] region = new byte[Math.toIntExact(entries.get(next - 1).to() - from)];
      try {
        file.seek(from);
        file.readFully(region);
      } catch (EOFException cutOff) {
        return null;
      }
      for (Entry entry : entries.subList(index, next)) {
        int at = (int) (entry.from() - from);
        byte[] span = SpoolRecord.span(seed, region, at, entry.number(), entry.length());
        if (span == null) {
          return null;
        }
        spans.add(span);
      }
      index = next;
    }
    return spans;
  }

  /** Entries without a gap between them are read at once. */
  private static int endOfRun(List<Entry> entries, int index) {
    int next = index + 1;
    while (next < entries.size() && entries.get(next).from() == entries.get(next - 1).to()) {
      next++;
    }
    return next;
  }

  /** Looks where the waiting spans are in a file that has changed. */
  private void findAgain() throws IOException {
    Set<Long> numbers = new HashSet<>();
    waiting.forEach(entry -> numbers.add(entry.number()));
    SpoolScan scan = SpoolScan.of(file, seed);
    waiting.forEach(entry -> openBytes -= entry.length());
    waiting.clear();
    scan.spans().stream().filter(entry -> numbers.contains(entry.number())).forEach(this::await);
    lost += numbers.size() - waiting.size();
    damaged = true;
    end = Math.max(end, file.length());
  }

  /** What waits cannot be read; how much that is. */
  synchronized int giveUp() {
    int waited = waiting.size();
    waiting.clear();
    abandoned += waited; // for ever: the file stays, to be inspected
    return waited;
  }

  /** They have arrived, or will not be tried again. */
  synchronized void done(Slice slice) throws IOException {
    underWay.remove(slice);
    openBytes -= slice.bytes();
    if (closed) {
      return;
    }
    if (isEmpty() && !damaged) {
      file.setLength(SpoolScan.MAGIC.length);
      end = SpoolScan.MAGIC.length;
      written = 0;
    } else {
      Done note = new Done(slice.from(), slice.to(), firstOpen(), written);
      write(SpoolRecord.DONE, 0, note.bytes());
    }
  }

  /** Said by each note again, in case that an earlier one is damaged. */
  private long firstOpen() {
    long first = waiting.isEmpty() ? written : waiting.element().number();
    for (Slice slice : underWay) {
      first = Math.min(first, slice.from());
    }
    return abandoned == 0 ? first : 0;
  }

  /** What was taken and never done counts as not done: the next process will find it. */
  synchronized boolean isEmpty() {
    return waiting.isEmpty() && underWay.isEmpty() && abandoned == 0;
  }

  synchronized int size() {
    return waiting.size() + underWay.stream().mapToInt(slice -> slice.spans().size()).sum();
  }

  synchronized long length() {
    return end;
  }

  /** Of what is not done. */
  synchronized long openBytes() {
    return openBytes;
  }

  /** How many spans were found to be lost since the last call. */
  synchronized long takeLost() {
    long found = lost;
    lost = 0;
    return found;
  }

  /** What is wrong with the file, for people, before {@link #takeLost}; null when nothing is. */
  synchronized @Nullable String problem() {
    if (!damaged && countIsExact && lost == 0) {
      return null;
    }
    String state =
        damaged
            ? "damaged, and kept as '"
                + path.getFileName()
                + SpoolQuarantine.SUFFIX
                + "' afterwards"
            : end > SpoolScan.MAGIC.length ? "cut off within a record" : "empty";
    return "'"
        + path
        + "' is "
        + state
        + ": "
        + (countIsExact ? "" : "about ")
        + lost
        + " observations in it are lost";
  }

  /** Closes the file, and deletes it when all is done; one that is damaged is kept. */
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
    if (damaged) {
      quarantine.add(path);
      return;
    }
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
