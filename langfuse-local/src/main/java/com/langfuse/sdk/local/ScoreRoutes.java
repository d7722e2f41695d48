package com.langfuse.sdk.local;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The two ways a score comes in: with others in a batch of events, or alone. */
final class ScoreRoutes {

  static final String INGESTION = "/api/public/ingestion";
  static final String SCORES = "/api/public/scores";

  private static final String SCORE_CREATE = "score-create";
  private static final int LARGEST_BODY = 4_718_592; // 4.5 MB

  /** Each event has a verdict of its own; the request as a whole is neither taken nor refused. */
  private record Verdicts(List<Success> successes, List<Problem> errors) {}

  private record Success(String id, int status) {}

  private record Problem(String id, int status, String message, String error) {}

  private final ScoreStore store;

  ScoreRoutes(ScoreStore store) {
    this.store = store;
  }

  Answer ingest(Call call) throws RefusedException {
    JsonNode batch = body(call).node("batch");
    if (!batch.isArray()) {
      throw new RefusedException("batch must be an array");
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
    return Answer.of(207, verdicts);
  }

  private static LocalScore score(Fields event) throws RefusedException {
    event.requireText("id");
    Instant timestamp = event.requireInstant("timestamp");
    return ScoreReader.read(Fields.of(event.node("body"), "The body of an event"), timestamp);
  }

  Answer create(Call call) throws RefusedException {
    LocalScore score = ScoreReader.read(body(call), call.at());
    store.add(List.of(score));
    return Answer.of(200, Map.of("id", score.id()));
  }

  private static Fields body(Call call) throws RefusedException {
    byte[] content = call.content(LARGEST_BODY + 1);
    if (content.length > LARGEST_BODY) {
      throw new RefusedException(413, "The body has more than %d bytes".formatted(LARGEST_BODY));
    }
    return Fields.in(content);
  }
}
