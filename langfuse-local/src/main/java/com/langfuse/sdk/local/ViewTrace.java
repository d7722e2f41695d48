package com.langfuse.sdk.local;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One trace in JSON: its observations in start order, each as much as its row in the tree shows.
 *
 * @param input the beginning of what {@code setTraceIo} gave; absent if it was not asked
 * @param output likewise
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record ViewTrace(
    long version,
    String id,
    String name,
    @Nullable String userId,
    @Nullable String sessionId,
    List<String> tags,
    String environment,
    @Nullable String input,
    @Nullable String output,
    List<Row> observations,
    List<ViewScore> scores) {

  static ViewTrace of(long version, LocalTrace trace, List<LocalScore> scores) {
    return new ViewTrace(
        version,
        trace.id(),
        ViewText.name(trace.name()),
        ViewText.nameIfAny(trace.userId()),
        ViewText.nameIfAny(trace.sessionId()),
        trace.tags().stream().map(ViewText::name).toList(),
        trace.environment(),
        ViewText.nameIfAny(trace.givenInput()),
        ViewText.nameIfAny(trace.givenOutput()),
        trace.observations().stream().map(Row::of).toList(),
        scores.stream().map(ViewScore::of).toList());
  }

  /**
   * One observation; times in milliseconds.
   *
   * @param firstToken after the start
   * @param stamp another one when anything about the observation is
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Row(
      String id,
      @Nullable String parentId,
      boolean appRoot,
      String type,
      String name,
      double start,
      double duration,
      @Nullable Double firstToken,
      String level,
      @Nullable String model,
      long inputTokens,
      long outputTokens,
      long totalTokens,
      double cost,
      int stamp) {

    static Row of(LocalObservation each) {
      return new Row(
          each.id(),
          each.parentId(),
          each.isAppRoot(),
          each.type(),
          ViewText.name(each.name()),
          ViewText.millis(each.startTime()),
          ViewText.millis(each.duration()),
          ViewTrace.firstToken(each),
          each.level(),
          ViewText.nameIfAny(each.model()),
          each.inputTokens(),
          each.outputTokens(),
          each.totalTokens(),
          each.totalCost(),
          each.hashCode());
    }
  }

  static @Nullable Double firstToken(LocalObservation each) {
    return each.completionStartTime() == null
        ? null
        : ViewText.millis(Duration.between(each.startTime(), each.completionStartTime()));
  }
}
