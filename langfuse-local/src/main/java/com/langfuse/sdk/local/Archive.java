package com.langfuse.sdk.local;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What arrived, in a folder: traces in OpenTelemetry's file format, one export a line; scores, one
 * batch a line; media, one file a line. Each line of traces and scores is the body of a request
 * that Langfuse takes. Read again by the next server that is given the folder.
 */
final class Archive implements AutoCloseable {

  static final String TRACES = "traces";
  static final String SCORES = "scores";
  static final String MEDIA = "media";

  /** Makes a line, which may fail like writing it. */
  private interface Line {
    byte[] text() throws IOException, RefusedException;
  }

  private static final System.Logger LOG = System.getLogger("com.langfuse.sdk.local");

  private final Path folder;
  private final FileChannel lock;
  private final JsonLines traces;
  private final JsonLines scores;
  private final JsonLines media;
  private final AtomicLong unsaved = new AtomicLong();

  private Archive(Path folder, FileChannel lock, JsonLines.Limits limits) throws IOException {
    this.folder = folder;
    this.lock = lock;
    this.traces = new JsonLines(folder, TRACES, limits);
    this.scores = new JsonLines(folder, SCORES, limits);
    this.media = new JsonLines(folder, MEDIA, limits);
  }

  /**
   * @throws UncheckedIOException if the folder cannot be used, or another server uses it
   */
  static Archive open(Path folder, JsonLines.Limits limits) {
    try {
      Files.createDirectories(folder);
      FileChannel lock = lock(folder);
      try {
        return new Archive(folder, lock, limits);
      } catch (IOException e) {
        lock.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot keep data in " + folder + ": " + e.getMessage(), e);
    }
  }

  /** A lock that ends with the process, however that ends. */
  private static FileChannel lock(Path folder) throws IOException {
    FileChannel channel =
        FileChannel.open(
            folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() != null) {
        return channel;
      }
    } catch (OverlappingFileLockException e) {
      // Held by a server in this process, which is as bad as in another.
    }
    channel.close();
    throw new IOException("another server uses it; stop that one, or name another folder");
  }

  /**
   * How many requests could not be written, on a full disk for example. They are in memory only.
   */
  long unsaved() {
    return unsaved.get();
  }

  void traces(Call call) {
    save(traces, () -> OtlpJson.line(call));
  }

  /**
   * @param batch body of a request; refused events in it are kept as well, and refused again
   */
  void scores(JsonNode batch) {
    save(scores, () -> Json.bytes(batch));
  }

  /**
   * @param bytes null if an earlier line has them
   */
  void media(LocalMedia announced, byte @Nullable [] bytes) {
    save(media, () -> Json.bytes(MediaLine.of(announced, bytes)));
  }

  private void save(JsonLines lines, Line line) {
    try {
      lines.append(line.text());
    } catch (IOException | RefusedException e) {
      if (unsaved.getAndIncrement() == 0) {
        LOG.log(Level.WARNING, "Kept in memory only, not in " + folder + ": " + e.getMessage());
      }
    }
  }

  /**
   * Puts into the stores what earlier servers have left in the folder, the newest first of all.
   *
   * @param bytes how much of each kind, about
   */
  void replay(ObservationStore observations, ScoreRoutes scoring, MediaStore files, long bytes) {
    try {
      long useless =
          traces.read(bytes, line -> add(line, observations))
              + scores.read(bytes, scoring::read)
              + media.read(bytes, line -> MediaLine.read(line, files));
      if (useless > 0) {
        LOG.log(Level.WARNING, "Could not read " + useless + " of the lines in " + folder);
      }
    } catch (IOException | UncheckedIOException e) {
      throw new UncheckedIOException(
          "Cannot read what is kept in " + folder + ": " + e.getMessage(), new IOException(e));
    }
  }

  private static boolean add(String line, ObservationStore observations) {
    try {
      observations.add(JsonDecoder.decode(line.getBytes(StandardCharsets.UTF_8)));
      return true;
    } catch (RefusedException unreadable) {
      return false;
    }
  }

  @Override
  public void close() {
    try (lock;
        traces;
        scores;
        media) {
      // Closed by leaving.
    } catch (IOException e) {
      LOG.log(Level.WARNING, "Could not close " + folder + ": " + e.getMessage());
    }
  }
}
