package com.langfuse.sdk.local;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Prints a trace once it is complete, that is once its root has arrived and nothing has been added
 * for a moment. A trace that grows later is printed again, whole. Refused requests are printed too.
 */
final class TracePrinter implements AutoCloseable {

  private static final int LONGEST_REQUEST = 120;

  private final ObservationStore store;
  private final TraceTree tree;
  private final Consumer<String> out;
  private final Duration moment;
  private final Duration patience;
  private final Map<String, Future<?>> pending = new HashMap<>();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          task -> DaemonThread.of(task, "langfuse-local-printer"));

  /**
   * @param moment how long a trace with its root must have been quiet
   * @param patience the same for one without, whose root may live in another process
   */
  TracePrinter(
      ObservationStore store,
      TraceTree tree,
      Consumer<String> out,
      Duration moment,
      Duration patience) {
    this.store = store;
    this.tree = tree;
    this.out = out;
    this.moment = moment;
    this.patience = patience;
  }

  /** Starts the wait for the traces of these anew. */
  synchronized void grew(List<LocalObservation> batch) {
    if (clock.isShutdown()) {
      return;
    }
    for (String id : batch.stream().map(LocalObservation::traceId).distinct().toList()) {
      Duration wait = store.hasRoot(id) ? moment : patience;
      Future<?> print = clock.schedule(() -> print(id), wait.toMillis(), TimeUnit.MILLISECONDS);
      Future<?> former = pending.put(id, print);
      if (former != null) {
        former.cancel(false);
      }
    }
  }

  /** Prints the request on one line. */
  void refused(ReceivedRequest request) {
    out.accept(TerminalText.oneLine("refused: " + request, LONGEST_REQUEST));
  }

  private void print(String id) {
    synchronized (this) {
      pending.remove(id);
    }
    store.trace(id).ifPresent(trace -> out.accept(tree.draw(trace)));
  }

  /** Prints nothing more. */
  @Override
  public synchronized void close() {
    clock.shutdownNow();
  }
}
