package com.langfuse.sdk.local;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Observations in memory, by trace. When they would take more than their share, whole traces are
 * forgotten, the oldest first, and counted.
 */
final class ObservationStore {

  /** Ids alone do not tell observations apart: two traces may use the same. */
  private record Key(String traceId, String id) {

    static Key of(LocalObservation observation) {
      return new Key(observation.traceId(), observation.id());
    }
  }

  private final Changes changes = new Changes();
  private final Map<Key, LocalObservation> observations = new LinkedHashMap<>();
  private final Map<String, StoredTrace> traces = new LinkedHashMap<>(); // by their last growth
  private final List<Consumer<List<LocalObservation>>> arrivalListeners =
      new CopyOnWriteArrayList<>();
  private final List<Runnable> changeListeners = new CopyOnWriteArrayList<>();
  private final List<Consumer<LocalObservation>> waiting = new ArrayList<>();
  private final @Nullable SpanIds idsOnly;
  private final long mostBytes;
  private long bytes;
  // Beyond those of a server that was here before: a page still asks for what came after them.
  private long version = System.currentTimeMillis();
  private long duplicates;
  private long forgottenTraces;
  private long forgottenObservations;

  /**
   * @param mostBytes how much to keep, about
   */
  ObservationStore(boolean keepObservations, long mostBytes) {
    this.idsOnly = keepObservations ? null : new SpanIds();
    this.mostBytes = mostBytes;
  }

  /** Tells a listener what has arrived, on the thread that brought it. */
  void onArrival(Consumer<List<LocalObservation>> listener) {
    arrivalListeners.add(listener);
  }

  /** Tells a listener that there is a new {@link #version}, on the thread that made it. */
  void onChange(Runnable listener) {
    changeListeners.add(listener);
  }

  void add(List<ReceivedSpan> spans) {
    SpanIds ids = idsOnly;
    if (ids != null) {
      changes.make(() -> spans.forEach(each -> note(each, ids)));
      return;
    }
    Instant now = Instant.now();
    keep(spans.stream().map(each -> ObservationMapper.map(each, now)).toList());
  }

  private void note(ReceivedSpan span, SpanIds ids) {
    if (!ids.add(span.traceId(), span.spanId())) {
      duplicates++;
    }
  }

  private void keep(List<LocalObservation> batch) {
    changes.make(
        () -> {
          version++;
          batch.forEach(this::put);
          forgetOldest();
        });
    arrivalListeners.forEach(each -> each.accept(batch));
    changeListeners.forEach(Runnable::run);
  }

  private void put(LocalObservation observation) {
    if (observations.put(Key.of(observation), observation) != null) {
      duplicates++;
    }
    StoredTrace known = traces.remove(observation.traceId());
    StoredTrace trace = known == null ? new StoredTrace(observation.traceId()) : known;
    bytes += trace.put(observation, version);
    traces.put(observation.traceId(), trace); // as the last: it is the one that grew last
    waiting.forEach(each -> each.accept(observation));
  }

  /** First the traces that have not grown for longest, then the beginning of the only one left. */
  private void forgetOldest() {
    Iterator<StoredTrace> oldest = traces.values().iterator();
    while (bytes > mostBytes && traces.size() > 1) {
      StoredTrace trace = oldest.next();
      oldest.remove();
      trace.observations().forEach(this::forget);
      forgottenTraces++;
    }
    for (StoredTrace last : traces.values()) {
      while (bytes > mostBytes && last.size() > 1) {
        forget(last.removeFirst(version));
      }
    }
  }

  private void forget(LocalObservation observation) {
    observations.remove(Key.of(observation));
    bytes -= observation.weight();
    forgottenObservations++;
  }

  /** Makes these traces count as changed, for a reason outside of this store. */
  void touch(Stream<String> traceIds) {
    changes.make(
        () -> {
          version++;
          traceIds.map(traces::get).filter(Objects::nonNull).forEach(each -> each.touch(version));
        });
    changeListeners.forEach(Runnable::run);
  }

  /** Grows with each change to what can be seen. */
  long version() {
    return changes.look(() -> version);
  }

  List<LocalObservation> observations() {
    return changes.look(this::sorted);
  }

  List<LocalTrace> traces() {
    return changes.look(
        () ->
            traces.values().stream()
                .map(StoredTrace::snapshot)
                .sorted(Comparator.comparing(each -> each.observations().get(0).startTime()))
                .toList());
  }

  /** Of the traces that have changed after that version, newest first. */
  List<TraceSummary> summaries(long since) {
    return changes.look(
        () ->
            traces.values().stream()
                .filter(each -> each.changed() > since)
                .map(StoredTrace::summary)
                .sorted(TraceSummary.NEWEST_FIRST)
                .toList());
  }

  Optional<LocalTrace> trace(String id) {
    return changes.look(() -> Optional.ofNullable(traces.get(id)).map(StoredTrace::snapshot));
  }

  /** Whether that trace is here and has changed after that version. */
  boolean hasChanged(String traceId, long since) {
    return changes.look(() -> traces.containsKey(traceId) && traces.get(traceId).changed() > since);
  }

  boolean hasRoot(String traceId) {
    return changes.look(
        () -> Optional.ofNullable(traces.get(traceId)).map(StoredTrace::hasRoot).orElse(false));
  }

  /** How many have come, those since forgotten included. */
  long count() {
    return changes.look(this::size);
  }

  private long size() {
    return idsOnly != null ? idsOnly.size() : observations.size() + forgottenObservations;
  }

  long duplicates() {
    return changes.look(() -> duplicates);
  }

  long forgottenTraces() {
    return changes.look(() -> forgottenTraces);
  }

  long forgottenObservations() {
    return changes.look(() -> forgottenObservations);
  }

  void clear() {
    changes.make(
        () -> {
          version++;
          observations.clear();
          traces.clear();
          bytes = 0;
          duplicates = 0;
          forgottenTraces = 0;
          forgottenObservations = 0;
          if (idsOnly != null) {
            idsOnly.clear();
          }
        });
    changeListeners.forEach(Runnable::run);
  }

  Optional<List<LocalObservation>> awaitCount(int count, Duration deadline) {
    return changes.await(
        deadline, () -> size() >= count ? Optional.of(sorted()) : Optional.empty());
  }

  Optional<LocalObservation> awaitObservation(String name, Duration deadline) {
    return awaitFirst(
        deadline, each -> each.name().equals(name) ? Optional.of(each) : Optional.empty());
  }

  Optional<LocalTrace> awaitTrace(String name, Duration deadline, int size) {
    return awaitFirst(
        deadline,
        each -> {
          StoredTrace trace = Objects.requireNonNull(traces.get(each.traceId()));
          return trace.size() >= size && trace.name().equals(name)
              ? Optional.of(trace.snapshot())
              : Optional.empty();
        });
  }

  /** Looks at each observation once, in order of arrival, those to come included. */
  private <T> Optional<T> awaitFirst(
      Duration deadline, Function<LocalObservation, Optional<T>> wanted) {
    Deque<LocalObservation> unseen = new ArrayDeque<>();
    Consumer<LocalObservation> arrival = unseen::add;
    changes.make(
        () -> {
          unseen.addAll(observations.values());
          waiting.add(arrival);
        });
    try {
      return changes.await(
          deadline,
          () -> {
            Optional<T> found = Optional.empty();
            while (found.isEmpty() && !unseen.isEmpty()) {
              found = Optional.of(unseen.remove()).filter(this::isCurrent).flatMap(wanted);
            }
            return found;
          });
    } finally {
      changes.look(() -> waiting.remove(arrival));
    }
  }

  /** Whether they got there in time. They are looked at without the lock: it may take a while. */
  boolean awaitTraces(Predicate<List<LocalTrace>> condition, Duration deadline) {
    // Saturates where toNanos() would throw; what is over already must not run under.
    long nanos = Math.max(0, TimeUnit.NANOSECONDS.convert(deadline));
    long start = System.nanoTime();
    while (true) {
      long seen = changes.look(() -> version);
      if (condition.test(traces())) {
        return true;
      }
      Duration left = Duration.ofNanos(nanos - (System.nanoTime() - start));
      if (changes.await(left, () -> Optional.of(version).filter(now -> now != seen)).isEmpty()) {
        return false;
      }
    }
  }

  private List<LocalObservation> sorted() {
    List<LocalObservation> sorted = new ArrayList<>(observations.values());
    sorted.sort(StoredTrace.BY_START);
    return List.copyOf(sorted);
  }

  private boolean isCurrent(LocalObservation observation) {
    return observation.equals(observations.get(Key.of(observation)));
  }
}
