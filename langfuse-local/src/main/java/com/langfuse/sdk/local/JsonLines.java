package com.langfuse.sdk.local;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Lines of one kind, in numbered files of a folder: {@code traces-00000001.jsonl} and so on. A full
 * file is followed by a new one, and the oldest go when all together are too large. One process at
 * a time may write.
 */
final class JsonLines implements AutoCloseable {

  /** How large a file gets before the next is begun, and all files together, in bytes. */
  record Limits(long file, long total) {

    static final Limits STANDARD = new Limits(64L << 20, 1L << 30);
  }

  /** Takes a line, and says whether it could make something of it. */
  interface Reader {
    boolean read(String line);
  }

  private static final String SUFFIX = ".jsonl";

  /** Inputs and outputs are nobody else's business. Windows has no such thing. */
  private static final FileAttribute<?>[] OWNER_ONLY =
      FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
          ? new FileAttribute<?>[] {
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
          }
          : new FileAttribute<?>[0];

  private final Path folder;
  private final String kind;
  private final Limits limits;
  private final Deque<Path> files;
  private long total;
  private @Nullable FileChannel current;
  private boolean closed;

  JsonLines(Path folder, String kind, Limits limits) throws IOException {
    this.folder = folder;
    this.kind = kind;
    this.limits = limits;
    this.files = new ArrayDeque<>(files(folder, kind));
    this.total = size();
  }

  /** Of all files; those that somebody else has deleted have none. */
  private long size() throws IOException {
    long size = 0;
    for (Path each : files) {
      size += Files.exists(each) ? Files.size(each) : 0;
    }
    return size;
  }

  /** The files of that kind, oldest first. */
  static List<Path> files(Path folder, String kind) throws IOException {
    Pattern name = Pattern.compile(Pattern.quote(kind) + "-\\d{8}\\.jsonl");
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(each -> name.matcher(each.getFileName().toString()).matches())
          .sorted()
          .toList();
    }
  }

  /**
   * Hands over the lines of the newest files, in the order in which they were written.
   *
   * @param bytes older files are left out when the newer ones have as much as that
   * @return how many lines were of no use, such as one that was cut off by a full disk
   */
  long read(long bytes, Reader reader) throws IOException {
    List<Path> newest = new ArrayList<>();
    long wanted = bytes;
    for (Path each : (Iterable<Path>) files::descendingIterator) {
      if (wanted > 0) {
        newest.add(0, each);
        wanted -= Files.size(each);
      }
    }
    long useless = 0;
    for (Path each : newest) {
      try (Stream<String> lines = lines(each)) {
        useless += lines.filter(line -> !reader.read(line)).count();
      }
    }
    return useless;
  }

  /** Not {@code Files.lines}, which stops at the first byte that is not UTF-8. */
  static Stream<String> lines(Path file) throws IOException {
    BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8));
    return reader
        .lines()
        .onClose(
            () -> {
              try {
                reader.close();
              } catch (IOException unimportant) {
                // It was only read.
              }
            });
  }

  /** Appends a line, wholly or not at all. */
  synchronized void append(byte[] line) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(line.length + 1).put(line).put((byte) '\n').flip();
    if (closed) {
      throw new IOException("it is closed");
    }
    FileChannel file = fileFor(bytes.remaining());
    long before = file.size();
    try {
      while (bytes.hasRemaining()) {
        file.write(bytes);
      }
    } catch (IOException e) {
      file.truncate(before);
      throw e;
    }
    total += line.length + 1;
    forgetOldest();
  }

  private String name(int number) {
    return "%s-%08d%s".formatted(kind, number, SUFFIX);
  }

  private Path next() {
    Path newest = files.peekLast();
    if (newest == null) {
      return folder.resolve(name(1));
    }
    String name = newest.getFileName().toString();
    String number = name.substring(kind.length() + 1, name.length() - SUFFIX.length());
    return folder.resolve(name(Integer.parseInt(number) + 1));
  }

  private FileChannel fileFor(int bytes) throws IOException {
    FileChannel file = current;
    if (file != null && (file.size() == 0 || file.size() + bytes <= limits.file)) {
      return file;
    }
    closeCurrent();
    Path next = next();
    // A file of its own for each process: the end of another's may be torn.
    file =
        FileChannel.open(
            next, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.APPEND), OWNER_ONLY);
    current = file;
    files.add(next);
    return file;
  }

  private void forgetOldest() throws IOException {
    while (total > limits.total && files.size() > 1) {
      Files.deleteIfExists(files.remove());
      total = size();
    }
  }

  @Override
  public synchronized void close() throws IOException {
    closed = true;
    closeCurrent();
  }

  private void closeCurrent() throws IOException {
    if (current != null) {
      current.close();
      current = null;
    }
  }
}
