package com.langfuse.sdk.export;

import com.langfuse.sdk.internal.QuietLog;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Keeps damaged spool files for inspection, next to where they were and readable by their owner
 * only: the newest ones, bounded by count and bytes. Threadsafe, also among processes.
 */
final class SpoolQuarantine {

  static final String SUFFIX = ".damaged";
  static final int MAX_FILES = 8;
  private static final long MAX_BYTES = 64L << 20;

  private final Path folder;
  private final String project;
  private final long maxBytes;
  private final QuietLog log;

  /**
   * @param project what the names of the files begin with
   * @param spoolBytes what the spool may hold; the quarantine holds at most as much again
   */
  SpoolQuarantine(Path folder, String project, long spoolBytes, QuietLog log) {
    this.folder = folder;
    this.project = project;
    this.maxBytes = Math.min(MAX_BYTES, spoolBytes);
    this.log = log;
  }

  /** Moves a file here, and deletes the oldest ones when there are too many. */
  void add(Path file) {
    try {
      PrivateFiles.restrict(file);
      Path kept = file.resolveSibling(file.getFileName() + SUFFIX);
      Files.move(file, kept, StandardCopyOption.REPLACE_EXISTING);
      trim();
    } catch (IOException | RuntimeException e) {
      log.warn("spool quarantine", "The spool's damaged file '" + file + "' cannot be moved: " + e);
    }
  }

  private void trim() throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, project + "*" + SUFFIX)) {
      found.forEach(files::add);
    }
    files.sort(Comparator.comparing(SpoolQuarantine::lastModified).reversed());
    long bytes = 0;
    int count = 0;
    for (Path file : files) {
      bytes += file.toFile().length();
      if (++count > MAX_FILES || bytes > maxBytes) {
        Files.deleteIfExists(file);
      }
    }
  }

  private static long lastModified(Path file) {
    return file.toFile().lastModified();
  }
}
