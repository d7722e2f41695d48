package com.langfuse.sdk.local;

import java.util.ArrayList;
import java.util.Comparator;
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

  StoredTrace(String id) {
    this.id = id;
  }

  /** Returns the observation it replaces, if any. */
  @Nullable LocalObservation put(LocalObservation observation) {
    if (observation.traceName() != null) {
      latestTraceName = observation.traceName();
    }
    if (isBetterRoot(observation)) {
      root = observation;
    }
    return byId.put(observation.id(), observation);
  }

  int size() {
    return byId.size();
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
