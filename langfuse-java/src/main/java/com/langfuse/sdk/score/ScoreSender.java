package com.langfuse.sdk.score;

import com.fasterxml.jackson.databind.JsonNode;
import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.line.Answer;
import com.langfuse.sdk.line.Backlog;
import com.langfuse.sdk.line.Ledger;
import com.langfuse.sdk.line.Line;
import com.langfuse.sdk.line.Outcome;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * From a batch of scores to a verdict on each. Together where the server takes events, one by one
 * where it does not any more. For one thread.
 */
final class ScoreSender {

  private static final String INGESTION = "/api/public/ingestion";
  private static final String SCORES = "/api/public/scores";
  private static final int ACCEPTED = 201;
  private static final int BAD_REQUEST = 400;
  private static final int NOT_FOUND = 404;
  private static final int GONE = 410;
  private static final int TOO_LARGE = 413;
  private static final int LONGEST_REASON = 300;

  private final Line line;
  private final Ledger ledger;
  private final QuietLog log;
  private boolean oneByOne;

  ScoreSender(Line line, Ledger ledger, QuietLog log) {
    this.line = line;
    this.ledger = ledger;
    this.log = log;
  }

  /** Settles all of the batch, unless it is interrupted. */
  void send(Backlog.Batch<ScoreEvent> batch) throws InterruptedException {
    send(batch, batch.values(), 0);
  }

  /**
   * @param tries that these scores have behind them
   */
  private void send(Backlog.Batch<ScoreEvent> batch, List<ScoreEvent> events, int tries)
      throws InterruptedException {
    if (oneByOne) {
      sendOneByOne(batch, events, tries);
      return;
    }
    byte[] body = ScoreEvent.batch(events);
    Outcome outcome =
        line.sendAside(
            () ->
                line.endpoint()
                    .send("POST", INGESTION, body)
                    .expecting(ScoreSender::hasVerdicts, "verdicts on the events"));
    int triesNow = tries + outcome.attempts();
    if (outcome.answer() != null && outcome.arrived()) {
      Answer answer = outcome.answer();
      countTries(events.size(), triesNow);
      heed(answer, events, batch);
      return;
    }
    switch (outcome.status()) {
      case NOT_FOUND, GONE -> {
        log.debug("Langfuse " + outcome.words() + "; from now on scores are sent one by one.");
        oneByOne = true;
        send(batch, events, triesNow);
      }
      case BAD_REQUEST, TOO_LARGE -> sendInHalves(batch, events, triesNow, outcome);
      default -> fail(batch, events, triesNow, outcome);
    }
  }

  /** One that cannot be taken must not cost the others. */
  private void sendInHalves(
      Backlog.Batch<ScoreEvent> batch, List<ScoreEvent> events, int tries, Outcome outcome)
      throws InterruptedException {
    int half = events.size() / 2;
    if (half == 0) {
      fail(batch, events, tries, outcome);
      return;
    }
    send(batch, events.subList(0, half), tries);
    send(batch, events.subList(half, events.size()), tries);
  }

  private void sendOneByOne(
      Backlog.Batch<ScoreEvent> batch, List<ScoreEvent> events, int triesBefore)
      throws InterruptedException {
    for (ScoreEvent each : events) {
      Outcome outcome =
          line.sendAside(
              () ->
                  line.endpoint()
                      .send("POST", SCORES, each.body())
                      .expecting(
                          answer -> !answer.path("id").asText().isEmpty(), "id of the score"));
      int tries = triesBefore + outcome.attempts();
      if (outcome.arrived()) {
        countTries(1, tries);
        ledger.exported(1, () -> batch.settle(1));
      } else {
        fail(batch, List.of(each), tries, outcome);
      }
    }
  }

  private void fail(
      Backlog.Batch<ScoreEvent> batch, List<ScoreEvent> events, int tries, Outcome outcome) {
    String what = events.size() == 1 ? events.get(0).label() + ": " : "";
    String server = "Langfuse at " + line.endpoint().baseUrl() + " ";
    countTries(events.size(), tries);
    ledger.failed(
        events.size(),
        outcome.status(),
        what + server + outcome.words(),
        () -> batch.settle(events.size()));
    line.settled(outcome);
  }

  private void countTries(int count, int tries) {
    if (tries > 1) {
      ledger.retried(count);
    }
  }

  private static boolean hasVerdicts(JsonNode answer) {
    return answer.path("successes").isArray() || answer.path("errors").isArray();
  }

  /** An answer to a batch has a verdict on each event; one that it does not accept has failed. */
  private void heed(Answer answer, List<ScoreEvent> events, Backlog.Batch<ScoreEvent> batch) {
    Map<String, ScoreEvent> open = new LinkedHashMap<>();
    events.forEach(each -> open.put(each.id(), each));
    String otherError = "";
    for (JsonNode error : answer.json().path("errors")) {
      ScoreEvent refused = open.remove(error.path("id").asText());
      if (refused == null) {
        otherError = ", but says: " + reason(error);
      } else {
        int status = error.path("status").asInt(BAD_REQUEST);
        String reason = "Langfuse refuses " + refused.label() + ": " + reason(error);
        ledger.failed(1, status, reason, () -> batch.settle(1));
      }
    }
    int accepted = 0;
    for (JsonNode success : answer.json().path("successes")) {
      boolean isAccepted = success.path("status").asInt(ACCEPTED) / 100 == ACCEPTED / 100;
      accepted += isAccepted && open.remove(success.path("id").asText()) != null ? 1 : 0;
    }
    long exported = accepted;
    ledger.exported(exported, () -> batch.settle(exported));
    for (ScoreEvent each : open.values()) {
      String reason =
          "Langfuse does not confirm "
              + each.label()
              + ": its answer does not accept it"
              + otherError;
      ledger.failed(1, answer.status(), reason, () -> batch.settle(1));
    }
  }

  private static String reason(JsonNode error) {
    String message = error.path("message").asText();
    JsonNode detail = error.path("error");
    String details = detail.isTextual() ? detail.asText() : detail.toString();
    String reason = details.isEmpty() ? message : message + " (" + details + ")";
    return reason.length() <= LONGEST_REASON ? reason : reason.substring(0, LONGEST_REASON) + "…";
  }
}
