package com.langfuse.sdk.media;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the application handed in, from when it is recorded until its observation leaves.
 *
 * <p>Not every observation does: some are filtered, some are never ended, some inputs are
 * overwritten. So it is bounded, and the oldest goes first. Threadsafe; nothing blocks.
 */
final class MediaShelf {

  private static final long LONGEST_NANOS = Duration.ofHours(1).toNanos();
  private static final int MOST_REMEMBERED = 10_000;

  private record Held(LangfuseMedia media, long since) {}

  private final long mostBytes;
  private final Map<String, Held> held = new LinkedHashMap<>();

  /** One object may be recorded in many places, of which the first lets go of its bytes. */
  private final Recent<String, HandedMedia> taken = new Recent<>(MOST_REMEMBERED);

  private long bytes;
  private boolean refusing;

  MediaShelf(long mostBytes) {
    this.mostBytes = mostBytes;
  }

  /** The newest is kept, whatever it weighs. False when nothing is taken any more. */
  synchronized boolean put(LangfuseMedia media) {
    if (refusing) {
      return false;
    }
    remove(media.token());
    held.put(media.token(), new Held(media, System.nanoTime()));
    bytes += media.length();
    makeRoom();
    return true;
  }

  private void makeRoom() {
    long now = System.nanoTime();
    Iterator<Held> oldestFirst = held.values().iterator();
    while (held.size() > 1) {
      Held oldest = oldestFirst.next();
      if (bytes <= mostBytes && now - oldest.since() < LONGEST_NANOS) {
        return;
      }
      oldestFirst.remove();
      bytes -= oldest.media().length();
    }
  }

  /** Null if it is not there any more. */
  synchronized @Nullable HandedMedia take(String token) {
    LangfuseMedia media = remove(token);
    if (media != null) {
      taken.put(token, new HandedMedia(media));
    }
    return taken.get(token);
  }

  private @Nullable LangfuseMedia remove(String token) {
    Held removed = held.remove(token);
    if (removed == null) {
      return null;
    }
    bytes -= removed.media().length();
    return removed.media();
  }

  /** Of what is held, together. */
  synchronized long bytes() {
    return bytes;
  }

  synchronized void refuse() {
    refusing = true;
  }

  synchronized void close() {
    refusing = true;
    held.clear();
    taken.clear();
    bytes = 0;
  }
}
