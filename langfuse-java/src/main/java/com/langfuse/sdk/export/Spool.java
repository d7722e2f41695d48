package com.langfuse.sdk.export;

import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.internal.Settings;
import com.langfuse.sdk.line.Ledger;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A folder in which ended spans outlive the process. Each client has a lock and segments of its
 * own; those of a process that is no more, and that wrote for the same project, are adopted.
 * Anything else in the folder is left alone. Whatever goes wrong here, nothing is thrown: the spans
 * then wait in memory, as without a spool.
 */
final class Spool {

  private static final long SEGMENT_BYTES = 16 << 20;
  private static final long LOOK_EVERY = TimeUnit.SECONDS.toNanos(30);
  private static final long TRY_AGAIN_AFTER = TimeUnit.SECONDS.toNanos(5);
  private static final String LOCK = ".lock";
  private static final String SEGMENT = ".spool";

  /** Of the name of a segment: a dash, six digits, and {@link #SEGMENT}. */
  private static final int SEGMENT_END = 13;

  /** How many problems a warning lists. */
  private static final int SHOWN = 10;

  /**
   * What a process has left.
   *
   * @param whole whether all of it could be read
   */
  private record Leftover(SpoolLock lock, SpoolSource source, boolean whole) {}

  private final Path folder;
  private final String project;
  private volatile String name;
  private final long mostBytes;
  private final OtlpEncoder encoder;
  private final Ledger ledger;
  private final QuietLog log;
  private final SpoolQuarantine quarantine;
  private @Nullable SpoolLock lock;
  private final SpoolSource own;
  private final Set<Path> foreign = ConcurrentHashMap.newKeySet();
  private final List<Leftover> leftovers = new CopyOnWriteArrayList<>();
  private final ReentrantLock looking = new ReentrantLock();
  private final CountDownLatch looked = new CountDownLatch(1);
  private volatile long lookAgainAt = System.nanoTime();
  private int segments;
  private volatile boolean closed;
  private volatile boolean broken;
  private volatile long tryAgainAt;

  private Spool(
      Path folder,
      String project,
      Settings settings,
      OtlpEncoder encoder,
      Ledger ledger,
      QuietLog log)
      throws IOException {
    this.folder = folder;
    this.project = project;
    this.name = newName(project);
    this.mostBytes = settings.delivery().spoolBytes();
    this.encoder = encoder;
    this.ledger = ledger;
    this.log = log;
    this.quarantine = new SpoolQuarantine(folder, project, mostBytes, log);
    this.lock = newLock();
    this.own = new SpoolSource(ledger, log);
  }

  /** Null when there is to be none, or, after a warning, when the folder cannot be used. */
  static @Nullable Spool open(Settings settings, OtlpEncoder encoder, Ledger ledger, QuietLog log) {
    Path folder = settings.delivery().spool();
    if (folder == null) {
      return null;
    }
    try {
      PrivateFiles.createFolder(folder);
      return new Spool(folder, project(settings), settings, encoder, ledger, log);
    } catch (Throwable t) {
      log.warn("spool", "The spool '" + folder + "' cannot be used, memory takes its place: " + t);
      return null;
    }
  }

  /** Another project's spans are not ours to send. */
  private static String project(Settings settings) {
    CRC32C target = new CRC32C();
    target.update(
        (settings.baseUrl() + " " + settings.publicKey()).getBytes(StandardCharsets.UTF_8));
    return "langfuse-%08x-".formatted(target.getValue());
  }

  private static String newName(String project) {
    return project + UUID.randomUUID();
  }

  private SpoolLock newLock() throws IOException {
    return SpoolLock.create(folder.resolve(name + LOCK));
  }

  /** Encodes and keeps a span; when this returns true, it survives the process. */
  boolean offer(SpanData span) {
    if (broken && System.nanoTime() - tryAgainAt < 0) {
      return false;
    }
    byte[] encoded;
    try {
      encoded = encoder.encode(List.of(span)).bytes();
    } catch (Throwable t) {
      return false; // the delivery threads will find that out, and say so
    }
    try {
      if (!append(encoded)) {
        log.warn("spool full", "The spool '" + folder + "' is full, memory takes its place.");
        return false;
      }
      broken = false;
      return true;
    } catch (Throwable t) {
      tryAgainAt = System.nanoTime() + TRY_AGAIN_AFTER;
      broken = true;
      log.warn("spool write", "The spool cannot be written to, memory takes its place: " + t, t);
      return false;
    }
  }

  /** False when there is no room. */
  private synchronized boolean append(byte[] span) throws IOException {
    if (closed) {
      throw new IOException("the spool is closed");
    }
    boolean fits = makeRoom();
    if (fits) {
      own.append(span);
    }
    return fits;
  }

  private boolean makeRoom() throws IOException {
    long segmentBytes = Math.min(SEGMENT_BYTES, mostBytes / 4);
    if (!own.isFull(segmentBytes)) {
      return true;
    }
    long all = own.length();
    for (Leftover leftover : leftovers) {
      all += leftover.source().length();
    }
    if (all + segmentBytes > mostBytes) {
      return false;
    }
    if (lock == null) {
      name = newName(project);
      segments = 0;
      lock = newLock();
    }
    Path file = folder.resolve(name + "-%06d".formatted(segments++) + SEGMENT);
    own.add(SpoolSegment.create(file, quarantine));
    return true;
  }

  SpoolSource own() {
    return own;
  }

  /** Our own spans first, then those of processes that are no more. */
  List<Source> sources() {
    List<Source> sources = new ArrayList<>();
    sources.add(own);
    leftovers.forEach(leftover -> sources.add(leftover.source()));
    return sources;
  }

  /** What is there from the beginning is known then, or the time is up. */
  void awaitFirstLook(long nanos) throws InterruptedException {
    looked.await(Math.max(0, nanos), TimeUnit.NANOSECONDS);
  }

  /**
   * Adopts what processes that have died since the last look have left; not more often than needed,
   * and on one thread at a time.
   */
  void lookForLeftovers() {
    if (System.nanoTime() - lookAgainAt < 0 || !looking.tryLock()) {
      return;
    }
    try {
      if (System.nanoTime() - lookAgainAt >= 0 && !closed) {
        look();
        lookAgainAt = System.nanoTime() + LOOK_EVERY;
      }
    } finally {
      looking.unlock();
      looked.countDown();
    }
  }

  private void look() {
    leftovers.removeIf(leftover -> leftover.source().isDone() && close(leftover));
    List<String> problems = new ArrayList<>();
    for (Path path : locks(problems)) {
      if (closed || Thread.currentThread().isInterrupted()) {
        break;
      }
      try {
        adopt(path, problems);
      } catch (NoSuchFileException e) {
        // Its process has just tidied up.
      } catch (Throwable t) {
        problems.add("'" + path + "' cannot be adopted: " + t);
      }
    }
    if (!problems.isEmpty()) {
      String first = String.join("; ", problems.subList(0, Math.min(SHOWN, problems.size())));
      String more = problems.size() > SHOWN ? "; and " + (problems.size() - SHOWN) + " more" : "";
      log.warn("spool read", "Files of the spool that are not as they should be: " + first + more);
    }
  }

  /** Of all processes that have left something, also where the lock's file is gone. */
  private Set<Path> locks(List<String> problems) {
    Set<Path> locks = new TreeSet<>();
    try {
      locks.addAll(files(project + "*" + LOCK));
      for (Path segment : files(project + "*" + SEGMENT)) {
        String file = String.valueOf(segment.getFileName());
        if (file.length() == name.length() + SEGMENT_END && !foreign.contains(segment)) {
          locks.add(folder.resolve(file.substring(0, name.length()) + LOCK));
        }
      }
    } catch (IOException | RuntimeException e) {
      problems.add("'" + folder + "' cannot be read: " + e);
    }
    return locks;
  }

  private List<Path> files(String pattern) throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, pattern)) {
      found.forEach(files::add);
    }
    files.sort(null);
    return files;
  }

  private void adopt(Path path, List<String> problems) throws IOException {
    String owner = path.getFileName().toString().replace(LOCK, "");
    if (Files.notExists(path) && !files(owner + "-*" + SEGMENT).isEmpty()) {
      PrivateFiles.createIfAbsent(path);
    }
    SpoolLock taken = SpoolLock.tryToTake(path);
    if (taken == null) {
      return;
    }
    SpoolSource source = new SpoolSource(ledger, log);
    boolean whole = false;
    try {
      whole = reopen(owner, source, problems);
    } finally {
      if (!whole && source.progress().pending() == 0) {
        source.close();
        taken.close(); // another time, perhaps
      }
    }
    Leftover leftover = new Leftover(taken, source, whole);
    if (source.progress().pending() > 0) {
      log.debug("The spool has what a process left that is no more.");
      source.progress().hurry();
      leftovers.add(leftover);
    } else if (whole) {
      close(leftover);
    }
  }

  /** False when some of it could not be. */
  private boolean reopen(String owner, SpoolSource source, List<String> problems)
      throws IOException {
    boolean whole = true;
    for (Path file : files(owner + "-*" + SEGMENT)) {
      try {
        SpoolSegment segment =
            Files.isRegularFile(file) ? SpoolSegment.reopen(file, quarantine) : null;
        if (segment == null) {
          foreign.add(file);
          problems.add("'" + file + "' is no spool file, it is left where it is");
        } else {
          String problem = segment.problem();
          if (problem != null) {
            problems.add(problem);
          }
          source.add(segment);
        }
      } catch (Throwable t) {
        whole = false;
        problems.add("'" + file + "' cannot be read: " + t);
      }
    }
    return whole;
  }

  /**
   * Leaves no file behind when all is done, as for a client that is never closed; the next span
   * begins new ones.
   */
  void deleteIfDone() {
    leftovers.removeIf(leftover -> leftover.source().isDone() && close(leftover));
    synchronized (this) {
      SpoolLock done = lock;
      if (!closed && done != null && own.deleteIfDone()) {
        lock = null;
        close(new Leftover(done, own, true));
      }
    }
  }

  /** Deletes what is done; what is not, another process may adopt. */
  void close() {
    SpoolLock last;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      last = lock;
    }
    if (last != null) {
      close(new Leftover(last, own, true));
    }
    leftovers.forEach(this::close);
    looked.countDown();
  }

  private boolean close(Leftover leftover) {
    try {
      if (leftover.source().close() && leftover.whole()) {
        leftover.lock().delete();
      } else {
        leftover.lock().close();
      }
    } catch (IOException e) {
      log.warn("spool write", "The spool cannot be tidied up: " + e);
    }
    return true;
  }
}
