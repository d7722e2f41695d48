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
import java.util.UUID;
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

  /**
   * What a process has left.
   *
   * @param whole whether all of it could be read
   */
  private record Leftover(SpoolLock lock, SpoolSource source, boolean whole) {}

  private final Path folder;
  private final String project;
  private final String name;
  private final long mostBytes;
  private final OtlpEncoders encoders;
  private final Ledger ledger;
  private final QuietLog log;
  private final SpoolLock lock;
  private final SpoolSource own;
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
      OtlpEncoders encoders,
      Ledger ledger,
      QuietLog log)
      throws IOException {
    this.folder = folder;
    this.project = project;
    this.name = project + UUID.randomUUID();
    this.mostBytes = settings.delivery().spoolBytes();
    this.encoders = encoders;
    this.ledger = ledger;
    this.log = log;
    this.lock = SpoolLock.create(folder.resolve(name + LOCK));
    this.own = new SpoolSource(ledger, log);
  }

  /** Null when there is to be none, or, after a warning, when the folder cannot be used. */
  static @Nullable Spool open(
      Settings settings, OtlpEncoders encoders, Ledger ledger, QuietLog log) {
    Path folder = settings.delivery().spool();
    if (folder == null) {
      return null;
    }
    try {
      PrivateFiles.createFolder(folder);
      return new Spool(folder, project(settings), settings, encoders, ledger, log);
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

  /** Encodes and keeps a span; when this returns true, it survives the process. */
  boolean offer(SpanData span) {
    if (broken && System.nanoTime() - tryAgainAt < 0) {
      return false;
    }
    byte[] encoded;
    try {
      encoded = encoders.encode(List.of(span)).bytes();
    } catch (Throwable t) {
      return false; // the delivery threads will find that out, and say so
    }
    try {
      if (!makeRoom()) {
        log.warn("spool full", "The spool '" + folder + "' is full, memory takes its place.");
        return false;
      }
      own.append(encoded);
      broken = false;
      return true;
    } catch (Throwable t) {
      tryAgainAt = System.nanoTime() + TRY_AGAIN_AFTER;
      broken = true;
      log.warn("spool write", "The spool cannot be written to, memory takes its place: " + t, t);
      return false;
    }
  }

  private synchronized boolean makeRoom() throws IOException {
    if (closed) {
      throw new IOException("the spool is closed");
    }
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
    own.add(SpoolSegment.create(folder.resolve(name + "-%06d".formatted(segments++) + SEGMENT)));
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
    List<Path> locks = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, project + "*" + LOCK)) {
      found.forEach(locks::add);
    } catch (IOException | RuntimeException e) {
      log.warn("spool read", "The spool cannot be read: " + e);
    }
    for (Path path : locks) {
      if (closed || Thread.currentThread().isInterrupted()) {
        return;
      }
      try {
        adopt(path);
      } catch (NoSuchFileException e) {
        // Its process has just tidied up.
      } catch (Throwable t) {
        log.warn("spool read", "The spool's '" + path + "' cannot be adopted: " + t);
      }
    }
  }

  private void adopt(Path path) throws IOException {
    SpoolLock taken = SpoolLock.tryToTake(path);
    if (taken == null) {
      return;
    }
    SpoolSource source = new SpoolSource(ledger, log);
    boolean whole = false;
    try {
      whole = reopen(path.getFileName().toString().replace(LOCK, ""), source);
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
  private boolean reopen(String owner, SpoolSource source) throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, owner + "-*" + SEGMENT)) {
      found.forEach(files::add);
    }
    files.sort(null);
    boolean whole = true;
    for (Path file : files) {
      try {
        SpoolSegment segment = SpoolSegment.reopen(file);
        if (segment != null) {
          source.add(segment);
        }
      } catch (Throwable t) {
        whole = false;
        log.warn("spool read", "The spool's file '" + file + "' cannot be read: " + t);
      }
    }
    return whole;
  }

  /** Deletes what is done; what is not, another process may adopt. */
  void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    close(new Leftover(lock, own, true));
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
