package com.langfuse.sdk.score;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A judgement: a name and a value, with whatever there is to say about it. Immutable; each method
 * returns a score that says one thing more. Null and blank stand for "nothing to say".
 *
 * <pre>{@code
 * Score relevance = Score.numeric("relevance", 0.93).comment("judged by gpt-4o");
 * observation.score(relevance);
 * langfuse.scores().create(relevance.session("s-1"));
 * }</pre>
 *
 * <p>An observation knows what is judged. Handed to {@link Scores} a score says itself what it
 * belongs to: exactly one of trace (and perhaps one of its observations), session and dataset run.
 * Nothing here throws: what Langfuse would not take is said in the log when the score is handed
 * over.
 */
public final class Score {

  static final String ID = "id";
  static final String NAME = "name";
  static final String VALUE = "value";
  static final String DATA_TYPE = "dataType";
  static final String TRACE_ID = "traceId";
  static final String OBSERVATION_ID = "observationId";
  static final String SESSION_ID = "sessionId";
  static final String DATASET_RUN_ID = "datasetRunId";
  static final String COMMENT = "comment";
  static final String METADATA = "metadata";
  static final String CONFIG_ID = "configId";
  static final String ENVIRONMENT = "environment";

  static final String TEXT = "TEXT";

  /** By their names on the wire; metadata and texts as the application gave them. */
  private final Map<String, Object> fields;

  private final @Nullable Instant timestamp;

  private Score(Map<String, Object> fields, @Nullable Instant timestamp) {
    this.fields = Collections.unmodifiableMap(fields);
    this.timestamp = timestamp;
  }

  /** A number, of a range that is up to you. Not NaN, not infinite. */
  public static Score numeric(String name, double value) {
    return of(name, "NUMERIC", value);
  }

  /** Yes or no. */
  public static Score bool(String name, boolean value) {
    return of(name, "BOOLEAN", value ? 1 : 0);
  }

  /** One of a few labels: {@code Score.categorical("tone", "friendly")}. */
  public static Score categorical(String name, String value) {
    return of(name, "CATEGORICAL", value);
  }

  /** Free text of 1 to 500 characters, such as a reviewer's note. The client's mask sees it. */
  public static Score text(String name, String text) {
    return of(name, TEXT, text);
  }

  private static Score of(@Nullable String name, String dataType, @Nullable Object value) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put(DATA_TYPE, dataType);
    if (value != null) {
      fields.put(VALUE, value);
    }
    return new Score(fields, null).with(NAME, name);
  }

  /** Why it was judged so. */
  public Score comment(@Nullable String comment) {
    return with(COMMENT, comment);
  }

  /** Anything that JSON can say; written when the score is handed over. */
  public Score metadata(@Nullable Object metadata) {
    return with(METADATA, metadata);
  }

  /** A later score of the same id takes the place of an earlier one. A random id by default. */
  public Score id(@Nullable String id) {
    return with(ID, id);
  }

  /** The score configuration in Langfuse that says which values there are. */
  public Score configId(@Nullable String configId) {
    return with(CONFIG_ID, configId);
  }

  /** Wins over the observation's environment, which wins over the client's. */
  public Score environment(@Nullable String environment) {
    return with(ENVIRONMENT, environment);
  }

  /** When it was judged; by default, when the score is handed over. */
  public Score timestamp(@Nullable Instant timestamp) {
    return timestamp == null ? this : new Score(new LinkedHashMap<>(fields), timestamp);
  }

  /** About a trace as a whole. */
  public Score trace(@Nullable String traceId) {
    return isSaid(traceId) ? without(OBSERVATION_ID).with(TRACE_ID, traceId) : this;
  }

  /** About one observation of a trace. */
  public Score observation(@Nullable String traceId, @Nullable String observationId) {
    return without(OBSERVATION_ID).with(TRACE_ID, traceId).with(OBSERVATION_ID, observationId);
  }

  /** About a session. */
  public Score session(@Nullable String sessionId) {
    return with(SESSION_ID, sessionId);
  }

  /** About a run over a dataset. */
  public Score datasetRun(@Nullable String datasetRunId) {
    return with(DATASET_RUN_ID, datasetRunId);
  }

  private Score with(String field, @Nullable Object value) {
    if (!isSaid(value)) {
      return this;
    }
    Map<String, Object> more = new LinkedHashMap<>(fields);
    more.put(field, value);
    return new Score(more, timestamp);
  }

  private static boolean isSaid(@Nullable Object value) {
    return value != null && !(value instanceof String text && text.isBlank());
  }

  private Score without(String field) {
    Map<String, Object> less = new LinkedHashMap<>(fields);
    less.remove(field);
    return new Score(less, timestamp);
  }

  Map<String, Object> fields() {
    return fields;
  }

  @Nullable Object field(String name) {
    return fields.get(name);
  }

  /** For people, in a log line. */
  String label() {
    Object name = fields.get(NAME);
    return name == null ? "A score" : "Score '" + name + "'";
  }

  @Nullable Instant timestamp() {
    return timestamp;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Score that
        && fields.equals(that.fields)
        && Objects.equals(timestamp, that.timestamp);
  }

  @Override
  public int hashCode() {
    return Objects.hash(fields, timestamp);
  }

  /** For a log line: what it says is not for all eyes. */
  @Override
  public String toString() {
    return label();
  }
}
