package com.langfuse.sdk.local;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A growing trace. Its name is kept up to date on arrival, so that asking for it costs nothing. */
final class StoredTrace {

  /** Stable, so observations that start together keep their order of arrival. */
  static final Comparator<LocalObservation> BY_START =
      Comparator.comparing(LocalObservation::startTime);

  private final String id;
  private final Map<String, LocalObservation> byId = new LinkedHashMap<>();
  private @Nullable String latestTraceName;
  private @Nullable LocalObservation root;
  private @Nullable TraceSummary summary;
  private long changed;

  StoredTrace(String id) {
    this.id = id;
  }

  /** Returns by how many bytes, about, this makes the trace grow. */
  long put(LocalObservation observation, long version) {
    if (observation.traceName() != null) {
      latestTraceName = observation.traceName();
    }
    if (isBetterRoot(observation)) {
      root = observation;
    }
    touch(version);
    LocalObservation former = byId.put(observation.id(), observation);
    return observation.weight() - (former == null ? 0 : former.weight());
  }

  /** The first to have arrived; there must be one. */
  LocalObservation removeFirst(long version) {
    touch(version);
    Iterator<LocalObservation> all = byId.values().iterator();
    LocalObservation first = all.next();
    all.remove();
    return first;
  }

  void touch(long version) {
    changed = version;
    summary = null;
  }

  long changed() {
    return changed;
  }

  int size() {
    return byId.size();
  }

  Collection<LocalObservation> observations() {
    return byId.values();
  }

  String name() {
    if (latestTraceName != null) {
      return latestTraceName;
    }
    return root == null ? "" : root.name();
  }

  /** Whether the span at the top has arrived; spans are sent when they end, so it has ended. */
  boolean hasRoot() {
    return root != null;
  }

  LocalTrace snapshot() {
    List<LocalObservation> sorted = new ArrayList<>(byId.values());
    sorted.sort(BY_START);
    return new LocalTrace(id, name(), sorted);
  }

  /** Made when asked for, and not again before the trace changes. */
  TraceSummary summary() {
    if (summary == null) {
      summary = TraceSummary.of(snapshot(), hasRoot(), changed);
    }
    return summary;
  }

  /** A span without a parent beats one that is only marked as root; then the earlier one wins. */
  private boolean isBetterRoot(LocalObservation candidate) {
    if (candidate.parentId() != null && !candidate.isAppRoot()) {
      return false;
    }
    if (root == null || root.id().equals(candidate.id())) {
      return true;
    }
    boolean genuine = candidate.parentId() == null;
    return genuine == (root.parentId() == null)
        ? candidate.startTime().isBefore(root.startTime())
        : genuine;
  }
}
