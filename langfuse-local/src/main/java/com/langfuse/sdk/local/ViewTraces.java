package com.langfuse.sdk.local;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The list of traces in JSON.
 *
 * @param total how many match the query, also those that did not change or are not listed
 * @param limit how many are listed at most, the newest
 */
record ViewTraces(long version, int total, int limit, long forgotten, List<Row> traces) {

  /** One trace; times in milliseconds. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Row(
      String id,
      String name,
      double start,
      double duration,
      int observations,
      boolean complete,
      @Nullable String userId,
      @Nullable String sessionId,
      List<String> tags,
      String environment,
      String level,
      long inputTokens,
      long outputTokens,
      long totalTokens,
      double cost) {

    static Row of(TraceSummary trace) {
      return new Row(
          trace.id(),
          ViewText.name(trace.name()),
          ViewText.millis(trace.startTime()),
          ViewText.millis(trace.duration()),
          trace.observations(),
          trace.hasRoot(),
          ViewText.nameIfAny(trace.userId()),
          ViewText.nameIfAny(trace.sessionId()),
          trace.tags().stream().map(ViewText::name).toList(),
          trace.environment(),
          trace.level(),
          trace.inputTokens(),
          trace.outputTokens(),
          trace.totalTokens(),
          trace.cost());
    }
  }
}
