package com.langfuse.sdk.local;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One observation in JSON with all there is to know; times in milliseconds. */
@JsonInclude(JsonInclude.Include.NON_NULL)
record ViewObservation(
    String id,
    String traceId,
    @Nullable String parentId,
    String type,
    String name,
    double start,
    double duration,
    @Nullable Double firstToken,
    String level,
    @Nullable ViewText statusMessage,
    @Nullable ViewText input,
    @Nullable ViewText output,
    Map<String, ViewText> metadata,
    @Nullable String model,
    Map<String, ViewText> modelParameters,
    Map<String, Long> usage,
    Map<String, Double> cost,
    long inputTokens,
    long outputTokens,
    long totalTokens,
    double totalCost,
    @Nullable String promptName,
    @Nullable Integer promptVersion,
    @Nullable String userId,
    @Nullable String sessionId,
    List<String> tags,
    String environment,
    @Nullable String release,
    @Nullable String version,
    String scope,
    String otelStatus,
    Map<String, ViewText> attributes,
    Map<String, ViewText> resource,
    List<Event> events,
    List<ViewScore> scores) {

  /** What happened within it, as OpenTelemetry has it. */
  record Event(String name, Map<String, ViewText> attributes) {}

  /**
   * @param full whether texts are whole, however long
   */
  static ViewObservation of(LocalObservation each, List<LocalScore> scores, boolean full) {
    return new ViewObservation(
        each.id(),
        each.traceId(),
        each.parentId(),
        each.type(),
        ViewText.name(each.name()),
        ViewText.millis(each.startTime()),
        ViewText.millis(each.duration()),
        ViewTrace.firstToken(each),
        each.level(),
        ViewText.of(each.statusMessage(), full),
        ViewText.of(each.input(), full),
        ViewText.of(each.output(), full),
        ViewText.of(each.metadata(), full),
        ViewText.nameIfAny(each.model()),
        ViewText.of(each.modelParameters(), full),
        each.usage(),
        each.cost(),
        each.inputTokens(),
        each.outputTokens(),
        each.totalTokens(),
        each.totalCost(),
        ViewText.nameIfAny(each.promptName()),
        each.promptVersion(),
        ViewText.nameIfAny(each.userId()),
        ViewText.nameIfAny(each.sessionId()),
        each.tags().stream().map(ViewText::name).toList(),
        each.environment(),
        ViewText.nameIfAny(each.release()),
        ViewText.nameIfAny(each.version()),
        ViewText.name((each.scopeName() + " " + each.scopeVersion()).strip()),
        each.otelStatus(),
        ViewText.of(each.attributes(), full),
        ViewText.of(each.resourceAttributes(), full),
        each.events().stream()
            .map(event -> new Event(event.name(), ViewText.of(event.attributes(), full)))
            .toList(),
        scores.stream().map(ViewScore::of).toList());
  }
}
