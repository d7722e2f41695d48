package com.langfuse.sdk.local;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One score as Langfuse would store it: a judgement of a trace, of one of its observations, of a
 * session or of a run over a dataset, and of exactly one of these.
 *
 * <pre>{@code
 * LocalScore score = langfuse.awaitScores(1, Duration.ofSeconds(5)).get(0);
 * score.value();     // 0.9
 * score.dataType();  // "NUMERIC"
 * }</pre>
 *
 * <p>Immutable, except that {@code metadata} is not copied.
 *
 * @param id as sent, else made up
 * @param name what is judged, such as {@code correctness}; never empty
 * @param value a Double, or a String for categories and texts; 0.0 or 1.0 for a boolean
 * @param dataType {@code NUMERIC}, {@code BOOLEAN}, {@code CATEGORICAL}, {@code TEXT} or {@code
 *     CORRECTION}; as sent, else by the kind of value {@code NUMERIC} or {@code CATEGORICAL}
 * @param traceId trace that is judged, as a whole unless there is an observation id
 * @param observationId observation that is judged
 * @param sessionId session that is judged
 * @param datasetRunId run that is judged
 * @param comment why
 * @param metadata parsed JSON: Map, List, String, Integer, Long, Double or Boolean
 * @param configId score configuration to hold it against; not looked up
 * @param environment normalised as for observations; {@code default} when none was sent
 * @param timestamp of the event it came in; of its arrival if it came alone; of the first of those
 *     that came under its id
 */
public record LocalScore(
    String id,
    String name,
    Object value,
    String dataType,
    @Nullable String traceId,
    @Nullable String observationId,
    @Nullable String sessionId,
    @Nullable String datasetRunId,
    @Nullable String comment,
    @Nullable Object metadata,
    @Nullable String configId,
    String environment,
    Instant timestamp) {

  private static final long WEIGHT = 300;

  LocalScore at(Instant time) {
    return new LocalScore(
        id,
        name,
        value,
        dataType,
        traceId,
        observationId,
        sessionId,
        datasetRunId,
        comment,
        metadata,
        configId,
        environment,
        time);
  }

  /** Bytes in memory, about. */
  long weight() {
    return WEIGHT
        + Weight.of(
            id,
            name,
            value,
            traceId,
            observationId,
            sessionId,
            datasetRunId,
            comment,
            metadata,
            configId);
  }
}
