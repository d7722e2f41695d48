package com.langfuse.sdk.local;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** From the body of a score to the score, held against the rules of Langfuse's server. */
final class ScoreReader {

  private static final int LONGEST_TEXT = 500;

  static LocalScore read(Fields body, Instant timestamp) throws RefusedException {
    String id = body.text("id");
    String name = body.requireText("name");
    String traceId = body.text("traceId");
    String observationId = body.text("observationId");
    String sessionId = body.text("sessionId");
    String datasetRunId = body.text("datasetRunId");
    if (Stream.of(traceId, sessionId, datasetRunId).filter(Objects::nonNull).count() != 1) {
      throw new RefusedException(
          "Score '%s' needs exactly one of traceId, sessionId and datasetRunId".formatted(name));
    }
    if (observationId != null && traceId == null) {
      throw new RefusedException("Score '%s' has an observationId but no traceId".formatted(name));
    }
    String configId = body.text("configId");
    JsonNode value = body.node("value");
    String dataType = dataType(body.text("dataType"), value);
    String wanted = wanted(dataType, value, configId);
    if (wanted != null) {
      throw new RefusedException(
          "Score '%s' of type %s needs %s, not %s".formatted(name, dataType, wanted, value));
    }
    return new LocalScore(
        id == null ? UUID.randomUUID().toString() : id,
        name,
        value.isNumber() ? (Object) value.doubleValue() : value.textValue(),
        dataType,
        traceId,
        observationId,
        sessionId,
        datasetRunId,
        body.text("comment"),
        Json.plain(body.node("metadata")),
        configId,
        Environment.normalise(body.text("environment")),
        timestamp);
  }

  private static String dataType(@Nullable String sent, JsonNode value) {
    if (sent != null) {
      return sent;
    }
    return value.isTextual() ? "CATEGORICAL" : "NUMERIC";
  }

  /** What a score of that type needs; null if that is what it has. */
  private static @Nullable String wanted(String type, JsonNode value, @Nullable String configId) {
    return switch (type) {
      case "NUMERIC" ->
          value.isNumber() && Double.isFinite(value.doubleValue()) ? null : "a number";
      case "BOOLEAN" ->
          value.isNumber() && (value.doubleValue() == 0 || value.doubleValue() == 1)
              ? null
              : "0 or 1";
      case "CATEGORICAL" -> value.isTextual() ? null : "a string";
      case "TEXT" ->
          value.isTextual() && !value.asText().isEmpty() && value.asText().length() <= LONGEST_TEXT
              ? null
              : "a string of 1 to " + LONGEST_TEXT + " characters";
      case "CORRECTION" ->
          value.isTextual() && configId == null ? null : "a string and no configId";
      default -> "a type there is";
    };
  }

  private ScoreReader() {}
}
