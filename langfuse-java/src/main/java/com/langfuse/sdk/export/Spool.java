package com.langfuse.sdk.export;

import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.internal.Settings;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
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

  private record Leftover(SpoolLock lock, SpoolSource source) {}

  private final Path folder;
  private final String project;
  private final String name;
  private final long mostBytes;
  private final OtlpEncoders encoders;
  private final QuietLog log;
  private final SpoolLock lock;
  private final SpoolSource own;
  private final List<Leftover> leftovers = new ArrayList<>();
  private int segments;
  private boolean closed;
  private long lookAgainAt = System.nanoTime();
  private volatile boolean broken;
  private volatile long tryAgainAt;

  private Spool(Path folder, String project, Settings settings, OtlpEncoders encoders, QuietLog log)
      throws IOException {
    this.folder = folder;
    this.project = project;
    this.name = project + UUID.randomUUID();
    this.mostBytes = settings.delivery().spoolBytes();
    this.encoders = encoders;
    this.log = log;
    this.lock = SpoolLock.create(folder.resolve(name + LOCK));
    this.own = new SpoolSource(log);
  }

  /** Null, after a warning, when the folder cannot be used. */
  static @Nullable Spool open(Settings settings, OtlpEncoders encoders, QuietLog log) {
    Path folder = settings.delivery().spool();
    if (folder == null) {
      return null;
    }
    try {
      PrivateFiles.createFolder(folder);
      Spool spool = new Spool(folder, project(settings), settings, encoders, log);
      spool.lookForLeftovers();
      return spool;
    } catch (IOException | RuntimeException e) {
      log.warn("spool", "The spool '" + folder + "' cannot be used, memory takes its place: " + e);
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
    try {
      byte[] encoded = encoders.encode(List.of(span)).bytes();
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
    long segmentBytes = Math.min(SEGMENT_BYTES, mostBytes / 4);
    if (closed) {
      throw new IOException("the spool is closed");
    }
    if (!own.isFull(segmentBytes)) {
      return true;
    }
    long all = sources().stream().mapToLong(Source::weight).sum();
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
  synchronized List<Source> sources() {
    List<Source> sources = new ArrayList<>(1 + leftovers.size());
    sources.add(own);
    leftovers.forEach(leftover -> sources.add(leftover.source()));
    return sources;
  }

  synchronized boolean hasLeftovers() {
    return !leftovers.isEmpty();
  }

  /**
   * Adopts what processes that have died since the last look have left; not more often than needed.
   */
  synchronized void lookForLeftovers() {
    if (System.nanoTime() - lookAgainAt < 0) {
      return;
    }
    lookAgainAt = System.nanoTime() + LOOK_EVERY;
    leftovers.removeIf(leftover -> leftover.source().progress().pending() == 0 && close(leftover));
    try (DirectoryStream<Path> locks = Files.newDirectoryStream(folder, project + "*" + LOCK)) {
      for (Path path : locks) {
        adopt(path);
      }
    } catch (IOException | RuntimeException e) {
      log.warn("spool read", "The spool cannot be read: " + e);
    }
  }

  private void adopt(Path path) throws IOException {
    SpoolLock taken = SpoolLock.tryToTake(path);
    if (taken == null) {
      return;
    }
    Leftover leftover = new Leftover(taken, new SpoolSource(log));
    String owner = path.getFileName().toString().replace(LOCK, "");
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, owner + "-*" + SEGMENT)) {
      found.forEach(files::add);
    }
    files.stream().sorted().forEach(file -> reopen(file, leftover.source()));
    long waiting = leftover.source().progress().pending();
    if (waiting == 0) {
      close(leftover);
    } else {
      log.debug("The spool has " + waiting + " observations of a process that is no more.");
      leftover.source().progress().hurry();
      leftovers.add(leftover);
    }
  }

  private void reopen(Path file, SpoolSource source) {
    try {
      SpoolSegment segment = SpoolSegment.reopen(file);
      if (segment != null) {
        source.add(segment);
      }
    } catch (IOException | RuntimeException e) {
      log.warn("spool read", "The spool's file '" + file + "' cannot be read: " + e);
    }
  }

  /** Deletes what is done; what is not, another process may adopt. */
  synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    close(new Leftover(lock, own));
    leftovers.forEach(this::close);
    leftovers.clear();
  }

  private boolean close(Leftover leftover) {
    try {
      if (leftover.source().close()) {
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
