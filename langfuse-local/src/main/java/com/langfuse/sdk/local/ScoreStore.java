package com.langfuse.sdk.local;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Scores in memory, by id: a later one takes the place of an earlier one. */
final class ScoreStore {

  private final Changes changes = new Changes();
  private final Map<String, LocalScore> scores = new LinkedHashMap<>();

  void add(List<LocalScore> batch) {
    changes.make(() -> batch.forEach(each -> scores.put(each.id(), each)));
  }

  List<LocalScore> all() {
    return changes.look(() -> List.copyOf(scores.values()));
  }

  Optional<List<LocalScore>> await(int count, Duration deadline) {
    return changes.await(
        deadline,
        () ->
            scores.size() >= count ? Optional.of(List.copyOf(scores.values())) : Optional.empty());
  }

  void clear() {
    changes.make(scores::clear);
  }
}
