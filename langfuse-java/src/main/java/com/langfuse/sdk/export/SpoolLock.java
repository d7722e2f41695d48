package com.langfuse.sdk.export;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Says whose a spool's files are: the operating system lets go of the lock when its process dies,
 * however it dies.
 */
final class SpoolLock {

  /**
   * Those of this process: to open and close a file that is locked here would end the lock, as
   * POSIX has it.
   */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path path;
  private final FileChannel channel;

  private SpoolLock(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  static SpoolLock create(Path path) throws IOException {
    PrivateFiles.create(path);
    SpoolLock lock = tryToTake(path);
    if (lock == null) {
      throw new IOException("cannot be locked: " + path);
    }
    return lock;
  }

  /** Null when its process lives, here or elsewhere. */
  static @Nullable SpoolLock tryToTake(Path path) throws IOException {
    Path real = path.toAbsolutePath().normalize();
    if (!HELD.add(real)) {
      return null;
    }
    FileChannel channel = null;
    try {
      channel = FileChannel.open(real, StandardOpenOption.WRITE);
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return new SpoolLock(real, channel);
      }
    } catch (IOException | RuntimeException e) {
      release(real, channel);
      throw e;
    }
    release(real, channel);
    return null;
  }

  /** The files are there no more. */
  void delete() throws IOException {
    Files.deleteIfExists(path);
    close();
  }

  /** Another process may take them. */
  void close() throws IOException {
    release(path, channel);
  }

  private static void release(Path path, @Nullable FileChannel channel) throws IOException {
    if (channel != null) {
      channel.close();
    }
    HELD.remove(path);
  }
}
