package com.langfuse.sdk.local;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/** Whose turn it is to go wrong: queued faults first, one request each, then the standing one. */
final class FaultQueue {

  private final Queue<Fault> queue = new ConcurrentLinkedQueue<>();
  private volatile Fault standing = Fault.NONE;

  void enqueue(List<Fault> faults) {
    queue.addAll(faults);
  }

  void always(@Nullable Fault fault) {
    standing = fault == null ? Fault.NONE : fault;
  }

  Fault next() {
    Fault queued = queue.poll();
    return queued != null ? queued : standing;
  }
}
