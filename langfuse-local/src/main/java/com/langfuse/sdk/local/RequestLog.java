package com.langfuse.sdk.local;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Every request so far, in the order in which their answers were decided. */
final class RequestLog {

  private final Changes changes = new Changes();
  private final List<ReceivedRequest> requests = new ArrayList<>();
  private final List<Consumer<ReceivedRequest>> listeners = new CopyOnWriteArrayList<>();

  private final boolean keepBodies;

  RequestLog(boolean keepBodies) {
    this.keepBodies = keepBodies;
  }

  /** Tells a listener of every request that was refused or left without an answer. */
  void onRefusal(Consumer<ReceivedRequest> listener) {
    listeners.add(listener);
  }

  void add(ReceivedRequest request) {
    ReceivedRequest kept = keepBodies ? request : request.withoutBody();
    changes.make(() -> requests.add(kept));
    if (request.status() < 200 || request.status() >= 400) {
      listeners.forEach(each -> each.accept(request));
    }
  }

  List<ReceivedRequest> all() {
    return changes.look(() -> List.copyOf(requests));
  }

  Optional<List<ReceivedRequest>> await(int count, Duration deadline) {
    return changes.await(
        deadline,
        () -> requests.size() >= count ? Optional.of(List.copyOf(requests)) : Optional.empty());
  }

  void clear() {
    changes.make(requests::clear);
  }
}
