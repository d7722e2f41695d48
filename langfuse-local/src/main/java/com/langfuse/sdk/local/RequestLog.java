package com.langfuse.sdk.local;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * The requests so far, in the order in which their answers were decided. When they would take more
 * than their share, the oldest are forgotten.
 */
final class RequestLog {

  private static final long WEIGHT = 200;

  private final Changes changes = new Changes();
  private final Deque<ReceivedRequest> requests = new ArrayDeque<>();
  private final List<Consumer<ReceivedRequest>> listeners = new CopyOnWriteArrayList<>();
  private final boolean keepBodies;
  private final long mostBytes;
  private long bytes;
  private long forgotten;

  /**
   * @param mostBytes how much to keep, about
   */
  RequestLog(boolean keepBodies, long mostBytes) {
    this.keepBodies = keepBodies;
    this.mostBytes = mostBytes;
  }

  /** Tells a listener of every request that was refused or left without an answer. */
  void onRefusal(Consumer<ReceivedRequest> listener) {
    listeners.add(listener);
  }

  void add(ReceivedRequest request) {
    ReceivedRequest kept = keepBodies ? request : request.withoutBody();
    changes.make(
        () -> {
          requests.add(kept);
          bytes += weight(kept);
          while (bytes > mostBytes && requests.size() > 1) {
            bytes -= weight(requests.remove());
            forgotten++;
          }
        });
    if (request.status() < 200 || request.status() >= 400) {
      listeners.forEach(each -> each.accept(request));
    }
  }

  private static long weight(ReceivedRequest request) {
    return WEIGHT + Weight.of(request.path(), request.headers(), request.body());
  }

  List<ReceivedRequest> all() {
    return changes.look(() -> List.copyOf(requests));
  }

  Optional<List<ReceivedRequest>> await(int count, Duration deadline) {
    return changes.await(
        deadline,
        () ->
            requests.size() + forgotten >= count
                ? Optional.of(List.copyOf(requests))
                : Optional.empty());
  }

  void clear() {
    changes.make(
        () -> {
          requests.clear();
          bytes = 0;
          forgotten = 0;
        });
  }
}
