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
 * Scores in memory, by id: a later one takes the place of an earlier one. When they would take more
 * than their share, the oldest are forgotten.
 */
final class ScoreStore {

  private final Changes changes = new Changes();
  private final Map<String, LocalScore> scores = new LinkedHashMap<>();
  private final Consumer<Stream<String>> judged;
  private final long mostBytes;
  private long bytes;
  private long forgotten;

  /**
   * @param mostBytes how much to keep, about
   * @param judged is told the traces that scores have come for
   */
  ScoreStore(long mostBytes, Consumer<Stream<String>> judged) {
    this.mostBytes = mostBytes;
    this.judged = judged;
  }

  void add(List<LocalScore> batch) {
    changes.make(
        () -> {
          batch.forEach(this::put);
          forgetOldest();
        });
    judged.accept(batch.stream().map(LocalScore::traceId).filter(Objects::nonNull));
  }

  /** One that takes another's place keeps the time of the first, as at Langfuse. */
  private void put(LocalScore sent) {
    LocalScore former = scores.get(sent.id());
    LocalScore score = former == null ? sent : sent.at(former.timestamp());
    scores.put(score.id(), score);
    bytes += score.weight() - (former == null ? 0 : former.weight());
  }

  private void forgetOldest() {
    Iterator<LocalScore> oldest = scores.values().iterator();
    while (bytes > mostBytes && scores.size() > 1) {
      bytes -= oldest.next().weight();
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
          bytes = 0;
          forgotten = 0;
        });
  }
}
