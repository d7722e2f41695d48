package com.langfuse.sdk.local;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One observation as Langfuse would store it, together with what was on the wire.
 *
 * <pre>{@code
 * LocalObservation joke = langfuse.awaitObservation("joke-generation", Duration.ofSeconds(5));
 * joke.type();                                          // "GENERATION"
 * joke.usage();                                         // {input=12, output=34}
 * joke.attributes().get("langfuse.observation.model.name");  // what the SDK really sent
 * }</pre>
 *
 * <p>Assert on the mapped components; reach for {@link #attributes()} only to test the wire form.
 * Three things differ from a real server: times keep their nanoseconds (Langfuse cuts them to
 * milliseconds), no model price is applied, and the resource and scope are components of their own
 * instead of entries of the metadata.
 *
 * <p>Immutable, except that {@code byte[]} attribute values are not copied.
 *
 * @param id span id, hex
 * @param traceId trace id, hex
 * @param parentId span id of the parent; null for the root of a trace
 * @param type upper case: {@code SPAN}, {@code GENERATION}, {@code EVENT}, {@code EMBEDDING},
 *     {@code AGENT}, {@code TOOL}, {@code CHAIN}, {@code RETRIEVER}, {@code EVALUATOR} or {@code
 *     GUARDRAIL}
 * @param name the span's name, or the tool's when the span names one
 * @param startTime nanosecond precision
 * @param endTime as stored: a span sent without an end ends when it started
 * @param level {@code DEBUG}, {@code DEFAULT}, {@code WARNING} or {@code ERROR}
 * @param statusMessage from the observation, else from the OpenTelemetry status
 * @param input verbatim text; JSON stays JSON text
 * @param output verbatim text; JSON stays JSON text
 * @param metadata observation and trace metadata in one map, the trace's winning; values that were
 *     not text are JSON text
 * @param model as the SDK named it
 * @param modelParameters values that were not text are JSON text
 * @param usage tokens by bucket, as accepted; no total is added
 * @param cost US dollars by bucket, as sent
 * @param completionStartTime when the first token arrived
 * @param promptName only on generations
 * @param promptVersion only on generations
 * @param userId user of the trace, as carried by this span
 * @param sessionId session of the trace, as carried by this span
 * @param traceName name of the trace, as carried by this span
 * @param tags tags of the trace, as carried by this span
 * @param environment normalised as the server does; {@code default} when none was sent
 * @param release release of the application
 * @param version version of this observation, else the service's
 * @param isPublic whether this span publishes the trace
 * @param isAppRoot whether the SDK marked this as the topmost span it exports
 * @param scopeName instrumentation scope; empty when none was sent
 * @param scopeVersion instrumentation scope version; empty when none was sent
 * @param resourceAttributes typed as {@code attributes}
 * @param attributes the raw span attributes in the order sent: String, Long, Double, Boolean,
 *     {@code byte[]}, List or Map
 * @param events span events, in the order sent
 * @param otelStatus {@code UNSET}, {@code OK} or {@code ERROR}
 */
public record LocalObservation(
    String id,
    String traceId,
    @Nullable String parentId,
    String type,
    String name,
    Instant startTime,
    @Nullable Instant endTime,
    String level,
    @Nullable String statusMessage,
    @Nullable String input,
    @Nullable String output,
    Map<String, String> metadata,
    @Nullable String model,
    Map<String, String> modelParameters,
    Map<String, Long> usage,
    Map<String, Double> cost,
    @Nullable Instant completionStartTime,
    @Nullable String promptName,
    @Nullable Integer promptVersion,
    @Nullable String userId,
    @Nullable String sessionId,
    @Nullable String traceName,
    List<String> tags,
    String environment,
    @Nullable String release,
    @Nullable String version,
    boolean isPublic,
    boolean isAppRoot,
    String scopeName,
    String scopeVersion,
    Map<String, Object> resourceAttributes,
    Map<String, Object> attributes,
    List<LocalEvent> events,
    String otelStatus) {

  private static final long WEIGHT = 1_000;

  /** Copies the collections, keeping their order. */
  public LocalObservation {
    metadata = Ordered.copy(metadata);
    modelParameters = Ordered.copy(modelParameters);
    usage = Ordered.copy(usage);
    cost = Ordered.copy(cost);
    tags = List.copyOf(tags);
    resourceAttributes = Ordered.copy(resourceAttributes);
    attributes = Ordered.copy(attributes);
    events = List.copyOf(events);
  }

  /** From start to end; zero for an event and while there is no end. */
  public Duration duration() {
    return endTime == null ? Duration.ZERO : Duration.between(startTime, endTime);
  }

  /** The {@code total} that was sent, else the sum of all buckets, which is Langfuse's rule. */
  public long totalTokens() {
    Long total = usage.get("total");
    return total != null ? total : usage.values().stream().mapToLong(Long::longValue).sum();
  }

  /**
   * Sum of the buckets with {@code input} in their names, in either case: cached and audio tokens
   * have buckets of their own.
   */
  public long inputTokens() {
    return tokens("input");
  }

  /** Sum of the buckets with {@code output} in their names, those for reasoning included. */
  public long outputTokens() {
    return tokens("output");
  }

  private long tokens(String side) {
    return buckets(usage, side).mapToLong(Long::longValue).sum();
  }

  double inputCost() {
    return buckets(cost, "input").mapToDouble(Double::doubleValue).sum();
  }

  double outputCost() {
    return buckets(cost, "output").mapToDouble(Double::doubleValue).sum();
  }

  private static <N extends Number> Stream<N> buckets(Map<String, N> all, String side) {
    return all.entrySet().stream()
        .filter(bucket -> bucket.getKey().toLowerCase(Locale.ROOT).contains(side))
        .map(Map.Entry::getValue);
  }

  /** What {@code setTraceIo} gave as the input of the trace; null if it was not asked. */
  @Nullable String traceInput() {
    return attribute(LangfuseAttributes.TRACE_INPUT);
  }

  @Nullable String traceOutput() {
    return attribute(LangfuseAttributes.TRACE_OUTPUT);
  }

  private @Nullable String attribute(String key) {
    Object value = attributes.get(key);
    return value == null ? null : Json.text(value);
  }

  /** US dollars: the {@code total} that was sent, else the sum of all buckets. */
  public double totalCost() {
    Double total = cost.get("total");
    return total != null ? total : cost.values().stream().mapToDouble(Double::doubleValue).sum();
  }

  /** Bytes in memory, about. The resource counts in full, though spans of one request share it. */
  long weight() {
    return WEIGHT
        + Weight.of(
            id,
            traceId,
            parentId,
            name,
            statusMessage,
            input,
            output,
            metadata,
            model,
            modelParameters,
            usage,
            cost,
            promptName,
            userId,
            sessionId,
            traceName,
            tags,
            release,
            version,
            scopeName,
            scopeVersion,
            resourceAttributes,
            attributes,
            events);
  }
}
