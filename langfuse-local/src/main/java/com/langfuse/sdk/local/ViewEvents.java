package com.langfuse.sdk.local;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * Tells open pages that there is news, not what: they ask for what they show. One waiting thread
 * for each of them, woken by arrivals, never more often than they can follow.
 */
final class ViewEvents {

  private static final int MOST_PAGES = 32;
  private static final Duration HEARTBEAT = Duration.ofSeconds(10);
  private static final long MOMENT_MILLIS = 250;

  private final ObservationStore store;
  private final Semaphore places = new Semaphore(MOST_PAGES);
  private final Changes changes = new Changes();
  private long growth;

  ViewEvents(ObservationStore store) {
    this.store = store;
    store.onChange(() -> changes.make(() -> growth++));
  }

  Answer answer() throws RefusedException {
    if (places.availablePermits() == 0) {
      throw new RefusedException(503, "Too many pages are open; close some.");
    }
    return Answer.stream("text/event-stream", this::follow);
  }

  /** Until the other side is gone, which a heartbeat finds out, or the server closes. */
  private void follow(OutputStream out) throws IOException {
    if (!places.tryAcquire()) {
      return;
    }
    try {
      write(out, "retry: 1000\n\n");
      long seen = -1;
      long told = -1;
      while (!Thread.currentThread().isInterrupted()) {
        long before = seen;
        seen =
            changes
                .await(HEARTBEAT, () -> growth == before ? Optional.empty() : Optional.of(growth))
                .orElse(seen);
        long version = store.version();
        write(
            out,
            version == told ? ": still here\n\n" : "data: {\"version\":%d}\n\n".formatted(version));
        told = version;
        Thread.sleep(MOMENT_MILLIS);
      }
    } catch (InterruptedException closing) {
      Thread.currentThread().interrupt();
    } finally {
      places.release();
    }
  }

  private static void write(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }
}
