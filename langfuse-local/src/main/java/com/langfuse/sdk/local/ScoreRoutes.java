package com.langfuse.sdk.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The two ways a score comes in: with others in a batch of events, or alone. */
final class ScoreRoutes {

  static final String INGESTION = "/api/public/ingestion";
  static final String SCORES = "/api/public/scores";

  private static final String SCORE_CREATE = "score-create";
  private static final int MOST_EVENTS = 50_000; // no more fit, unless they are no events
  static final int LARGEST_BATCH = 4_718_592; // 4.5 MB

  /** Each event has a verdict of its own; the request as a whole is neither taken nor refused. */
  private record Verdicts(List<Success> successes, List<Problem> errors) {}

  private record Success(String id, int status) {}

  private record Problem(String id, int status, String message, String error) {}

  private final ScoreStore store;
  private final @Nullable Archive archive;

  /**
   * @param archive null to keep nothing on disk
   */
  ScoreRoutes(ScoreStore store, @Nullable Archive archive) {
    this.store = store;
    this.archive = archive;
  }

  Answer ingest(JsonNode json) throws RefusedException {
    Fields body = Fields.in(json);
    Verdicts verdicts = take(body);
    if (archive != null && !verdicts.successes().isEmpty()) {
      archive.scores(body.object());
    }
    return Answer.of(207, verdicts);
  }

  /** Takes a batch that was kept on disk; false if nothing in it is a score. */
  boolean read(String line) {
    JsonNode body = Json.parse(line);
    try {
      return body != null && !take(Fields.of(body, "A line")).successes().isEmpty();
    } catch (RefusedException unreadable) {
      return false;
    }
  }

  private Verdicts take(Fields body) throws RefusedException {
    JsonNode batch = body.node("batch");
    if (!batch.isArray()) {
      throw new RefusedException("batch must be an array");
    } else if (batch.size() > MOST_EVENTS) {
      throw new RefusedException("batch must have at most %d events".formatted(MOST_EVENTS));
    }
    Verdicts verdicts = new Verdicts(new ArrayList<>(), new ArrayList<>());
    List<LocalScore> scores = new ArrayList<>();
    for (JsonNode event : batch) {
      String id = event.path("id").asText("unknown");
      if (!event.path("type").asText().equals(SCORE_CREATE)) {
        String what =
            "Events of type '%s' are not taken here".formatted(event.path("type").asText());
        verdicts.errors().add(new Problem(id, 400, "Event type not accepted", what));
        continue;
      }
      try {
        scores.add(score(Fields.of(event, "An event")));
        verdicts.successes().add(new Success(id, 201));
      } catch (RefusedException refused) {
        String what = String.valueOf(refused.getMessage());
        verdicts.errors().add(new Problem(id, 400, "Invalid request data", what));
      }
    }
    store.add(scores);
    return verdicts;
  }

  private static LocalScore score(Fields event) throws RefusedException {
    event.requireText("id");
    Instant timestamp = event.requireInstant("timestamp");
    Fields body = Fields.of(event.node("body"), "The body of an event");
    LocalScore score = ScoreReader.read(body, timestamp);
    ((ObjectNode) body.object()).put("id", score.id()); // what is kept on disk has the id from now
    return score;
  }

  Answer create(JsonNode json, Instant now) throws RefusedException {
    Fields body = Fields.in(json);
    LocalScore score = ScoreReader.read(body, now);
    store.add(List.of(score));
    if (archive != null) {
      archive.scores(Json.tree(Map.of("batch", List.of(event(score, body)))));
    }
    return Answer.of(200, Map.of("id", score.id()));
  }

  /** As it would have come in a batch, under the id it has now. */
  private static Map<String, Object> event(LocalScore score, Fields body) {
    JsonNode withId = ((ObjectNode) body.object()).put("id", score.id());
    return Map.of(
        "id",
        UUID.randomUUID().toString(),
        "type",
        SCORE_CREATE,
        "timestamp",
        score.timestamp().toString(),
        "body",
        withId);
  }
}
