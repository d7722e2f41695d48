package com.langfuse.sdk.local;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Scores in memory, by id: a later one takes the place of an earlier one. Only the newest are kept.
 */
final class ScoreStore {

  private static final int MOST = 100_000;

  private final Changes changes = new Changes();
  private final Map<String, LocalScore> scores = new LinkedHashMap<>();
  private final Consumer<Stream<String>> judged;
  private long forgotten;

  /**
   * @param judged is told the traces that scores have come for
   */
  ScoreStore(Consumer<Stream<String>> judged) {
    this.judged = judged;
  }

  void add(List<LocalScore> batch) {
    changes.make(
        () -> {
          batch.forEach(each -> scores.put(each.id(), each));
          forgetOldest();
        });
    judged.accept(batch.stream().map(LocalScore::traceId).filter(Objects::nonNull));
  }

  private void forgetOldest() {
    Iterator<LocalScore> oldest = scores.values().iterator();
    while (scores.size() > MOST) {
      oldest.next();
      oldest.remove();
      forgotten++;
    }
  }

  List<LocalScore> all() {
    return changes.look(() -> List.copyOf(scores.values()));
  }

  Optional<List<LocalScore>> await(int count, Duration deadline) {
    return changes.await(
        deadline,
        () ->
            scores.size() + forgotten >= count
                ? Optional.of(List.copyOf(scores.values()))
                : Optional.empty());
  }

  void clear() {
    changes.make(
        () -> {
          scores.clear();
          forgotten = 0;
        });
  }
}
