package com.langfuse.sdk.export;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Says whose a spool's files are: the operating system lets go of the lock when its process dies,
 * however it dies.
 */
final class SpoolLock {

  /**
   * Those of this process are remembered where also another class loader's copy of this class
   * looks: to open and close a file that is locked here would end the lock, as POSIX has it.
   */
  private static final String HELD = "com.langfuse.sdk.spool ";

  private final Path path;
  private final FileChannel channel;

  private SpoolLock(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /** Locked under a name that nobody looks for, so that nobody finds it unlocked. */
  static SpoolLock create(Path path) throws IOException {
    Path hidden = path.resolveSibling(path.getFileName() + ".new");
    PrivateFiles.create(hidden);
    SpoolLock lock = take(real(path), hidden);
    if (lock == null) {
      throw new IOException("cannot be locked: " + path);
    }
    try {
      Files.move(hidden, lock.path, StandardCopyOption.ATOMIC_MOVE); // the lock is the file's
      return lock;
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /** Null when its process lives, here or elsewhere. */
  static @Nullable SpoolLock tryToTake(Path path) throws IOException {
    return take(real(path), path);
  }

  private static Path real(Path path) throws IOException {
    Path folder = path.toAbsolutePath().getParent();
    return folder == null ? path : folder.toRealPath().resolve(path.getFileName());
  }

  private static @Nullable SpoolLock take(Path real, Path file) throws IOException {
    if (System.getProperties().putIfAbsent(HELD + real, "") != null) {
      return null;
    }
    FileChannel channel = null;
    boolean taken = false;
    try {
      channel = FileChannel.open(file, StandardOpenOption.WRITE);
      taken = channel.tryLock() != null;
      return taken ? new SpoolLock(real, channel) : null;
    } finally {
      if (!taken) {
        release(real, channel);
      }
    }
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
    try {
      if (channel != null) {
        channel.close();
      }
    } finally {
      System.getProperties().remove(HELD + path);
    }
  }
}
