package com.langfuse.sdk.local;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Observations in memory, or no more than which ones there were. Every operation is linear at
 * worst; awaiting looks at news only.
 */
final class ObservationStore {

  /** Span ids are unique within a trace only. */
  private record Key(String traceId, String id) {

    static Key of(LocalObservation observation) {
      return new Key(observation.traceId(), observation.id());
    }
  }

  private final Changes changes = new Changes();
  private final Map<Key, LocalObservation> observations = new LinkedHashMap<>();
  private final Map<String, StoredTrace> traces = new LinkedHashMap<>();
  private final List<Consumer<Set<String>>> listeners = new CopyOnWriteArrayList<>();
  private List<LocalObservation> arrivals = new ArrayList<>();
  private final @Nullable SpanIds idsOnly;
  private long duplicates;

  ObservationStore(boolean keepObservations) {
    idsOnly = keepObservations ? null : new SpanIds();
  }

  /** Tells a listener the ids of traces that grew, on the thread that made them grow. */
  void onGrowth(Consumer<Set<String>> listener) {
    listeners.add(listener);
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
    changes.make(() -> batch.forEach(this::put));
    Set<String> traceIds = new LinkedHashSet<>();
    batch.forEach(each -> traceIds.add(each.traceId()));
    listeners.forEach(each -> each.accept(traceIds));
  }

  private void put(LocalObservation observation) {
    if (observations.put(Key.of(observation), observation) != null) {
      duplicates++;
    }
    traces.computeIfAbsent(observation.traceId(), StoredTrace::new).put(observation);
    arrivals.add(observation);
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

  Optional<LocalTrace> trace(String id) {
    return changes.look(() -> Optional.ofNullable(traces.get(id)).map(StoredTrace::snapshot));
  }

  boolean hasRoot(String traceId) {
    return changes.look(
        () -> Optional.ofNullable(traces.get(traceId)).map(StoredTrace::hasRoot).orElse(false));
  }

  long count() {
    return changes.look(this::size);
  }

  private int size() {
    return idsOnly != null ? idsOnly.size() : observations.size();
  }

  long duplicates() {
    return changes.look(() -> duplicates);
  }

  void clear() {
    changes.make(
        () -> {
          observations.clear();
          traces.clear();
          arrivals = new ArrayList<>(); // a new one, by which those who wait notice
          duplicates = 0;
          if (idsOnly != null) {
            idsOnly.clear();
          }
        });
  }

  Optional<List<LocalObservation>> awaitCount(int count, Duration deadline) {
    return changes.await(
        deadline, () -> size() >= count ? Optional.of(sorted()) : Optional.empty());
  }

  Optional<LocalObservation> awaitObservation(String name, Duration deadline) {
    News news = new News();
    return changes.await(
        deadline, () -> news.first(each -> each.name().equals(name) && isCurrent(each)));
  }

  Optional<LocalTrace> awaitTrace(String name, Duration deadline, int size) {
    News news = new News();
    return changes.await(
        deadline,
        () ->
            news.first(each -> traceOf(each).size() >= size && traceOf(each).name().equals(name))
                .map(each -> traceOf(each).snapshot()));
  }

  private List<LocalObservation> sorted() {
    List<LocalObservation> sorted = new ArrayList<>(observations.values());
    sorted.sort(StoredTrace.BY_START);
    return List.copyOf(sorted);
  }

  private boolean isCurrent(LocalObservation observation) {
    return observation.equals(observations.get(Key.of(observation)));
  }

  private StoredTrace traceOf(LocalObservation observation) {
    return Objects.requireNonNull(traces.get(observation.traceId()));
  }

  /** What one waiting thread has not looked at yet. Used under the lock only. */
  private final class News {

    private List<LocalObservation> log = List.of();
    private int seen;

    Optional<LocalObservation> first(Predicate<LocalObservation> wanted) {
      if (log != arrivals) {
        log = arrivals;
        seen = 0;
      }
      List<LocalObservation> fresh = log.subList(seen, log.size());
      seen = log.size();
      return fresh.stream().filter(wanted).findFirst();
    }
  }
}
