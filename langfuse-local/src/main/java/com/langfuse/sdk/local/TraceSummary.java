package com.langfuse.sdk.local;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One line of the list of traces.
 *
 * @param changed version of the store at which this became true
 * @param duration from the first start to the last end
 * @param hasRoot whether the span at the top has arrived, and with it everything below, as a rule
 * @param level the worst of all observations
 * @param cost US dollars
 */
record TraceSummary(
    String id,
    String name,
    long changed,
    Instant startTime,
    Duration duration,
    int observations,
    boolean hasRoot,
    @Nullable String userId,
    @Nullable String sessionId,
    List<String> tags,
    String environment,
    String level,
    long inputTokens,
    long outputTokens,
    long totalTokens,
    double cost,
    Set<String> types) {

  /**
   * @param trace with at least one observation
   */
  static TraceSummary of(LocalTrace trace, boolean hasRoot, long changed) {
    List<LocalObservation> all = trace.observations();
    Set<String> types = new TreeSet<>();
    long input = 0;
    long output = 0;
    long total = 0;
    double cost = 0;
    for (LocalObservation each : all) {
      types.add(each.type());
      input += each.inputTokens();
      output += each.outputTokens();
      total += each.totalTokens();
      cost += each.totalCost();
    }
    return new TraceSummary(
        trace.id(),
        trace.name(),
        changed,
        all.get(0).startTime(),
        trace.duration(),
        all.size(),
        hasRoot,
        trace.userId(),
        trace.sessionId(),
        trace.tags(),
        trace.environment(),
        all.stream().map(LocalObservation::level).max(Level.BY_SEVERITY).orElse(Level.DEFAULT),
        input,
        output,
        total,
        cost,
        types);
  }

  static final Comparator<TraceSummary> NEWEST_FIRST =
      Comparator.comparing(TraceSummary::startTime).reversed();
}
