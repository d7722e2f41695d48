package com.langfuse.sdk.local;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/** Whose turn it is to go wrong: queued faults first, one request each, then the standing ones. */
final class FaultQueue {

  private final Deque<Fault> queue = new ArrayDeque<>();
  private List<Fault> standing = List.of();

  synchronized void enqueue(List<Fault> faults) {
    queue.addAll(faults);
  }

  synchronized void always(List<Fault> faults) {
    standing = faults;
  }

  /**
   * The faults a request to that path may meet, the first that {@link Fault#hits} being the one.
   */
  synchronized List<Fault> next(String path) {
    for (Iterator<Fault> waiting = queue.iterator(); waiting.hasNext(); ) {
      Fault fault = waiting.next();
      if (fault.concerns(path)) {
        waiting.remove();
        return List.of(fault);
      }
    }
    return standing.stream().filter(each -> each.concerns(path)).toList();
  }
}
