package com.langfuse.sdk.score;

import com.fasterxml.jackson.databind.JsonNode;
import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.line.Answer;
import com.langfuse.sdk.line.Backlog;
import com.langfuse.sdk.line.Ledger;
import com.langfuse.sdk.line.Line;
import com.langfuse.sdk.line.Outcome;
import com.langfuse.sdk.line.Retries;
import com.langfuse.sdk.line.Retries.Retry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

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

  /** Failed tries before a single score is sent to find out whether the server is well. */
  private static final int TRIES_BEFORE_PROBE = 3;

  private final Line line;
  private final Ledger ledger;
  private final QuietLog log;
  private final Retries<Part> retries;
  private boolean oneByOne;

  /** Some scores of a batch. */
  record Part(Backlog.Batch<ScoreEvent> batch, List<ScoreEvent> events) {
    Part of(List<ScoreEvent> some) {
      return new Part(batch, some);
    }
  }

  ScoreSender(Line line, Ledger ledger, QuietLog log) {
    this.line = line;
    this.ledger = ledger;
    this.log = log;
    this.retries = new Retries<>(line);
  }

  /** What failed for a reason that may lie in it. */
  Retries<Part> retries() {
    return retries;
  }

  /** Settles all of the batch but what {@link #retries} keeps. */
  void send(Backlog.Batch<ScoreEvent> batch) throws InterruptedException {
    send(retries.first(new Part(batch, batch.values())));
  }

  /** Sends what failed before and is due. */
  void send(Retry<Part> retry) throws InterruptedException {
    Part part = retry.value();
    if (oneByOne && part.events().size() > 1) {
      for (ScoreEvent each : part.events()) {
        send(retries.part(retry, part.of(List.of(each))));
      }
      return;
    }
    Outcome outcome = post(part.events());
    int tries = retry.tries() + outcome.attempts();
    if (outcome.arrived()) {
      accepted(part, outcome, tries);
    } else if (outcome.mayBePayload()) {
      failed(retry, outcome);
    } else if (!oneByOne && (outcome.status() == NOT_FOUND || outcome.status() == GONE)) {
      log.debug("Langfuse " + outcome.words() + "; from now on scores are sent one by one.");
      oneByOne = true;
      retry.tried();
      send(retry);
    } else if (part.events().size() > 1
        && (outcome.status() == BAD_REQUEST || outcome.status() == TOO_LARGE)) {
      retry.tried();
      sendInHalves(retry, part.events()); // one that cannot be taken must not cost the others
    } else {
      fail(part.batch(), part.events(), tries, outcome);
    }
  }

  private Outcome post(List<ScoreEvent> events) throws InterruptedException {
    if (oneByOne) {
      byte[] score = events.get(0).body();
      return line.sendAside(
          () ->
              line.endpoint()
                  .send("POST", SCORES, score)
                  .expecting(answer -> !answer.path("id").asText().isEmpty(), "id of the score"));
    }
    byte[] body = ScoreEvent.batch(events);
    return line.sendAside(
        () ->
            line.endpoint()
                .send("POST", INGESTION, body)
                .expecting(ScoreSender::hasVerdicts, "verdicts on the events"));
  }

  private void accepted(Part part, Outcome outcome, int tries) {
    retries.accepted();
    countTries(part.events().size(), tries);
    if (oneByOne) {
      ledger.exported(1, () -> part.batch().settle(1));
    } else {
      heed(Objects.requireNonNull(outcome.answer()), part.events(), part.batch());
    }
  }

  private void failed(Retry<Part> retry, Outcome outcome) throws InterruptedException {
    List<ScoreEvent> events = retry.value().events();
    retries.failed(retry);
    if (events.size() > 1 && retry.isSuspect()) {
      sendInHalves(retry, events);
    } else if (events.size() == 1
        || retry.tries() < TRIES_BEFORE_PROBE
        || !sendOneAndTheOthers(retry)) {
      if (!retries.keep(retry, outcome)) {
        fail(retry.value().batch(), events, retry.tries(), outcome);
      }
    }
  }

  /** False when the one is not accepted either: then the server may be down. */
  private boolean sendOneAndTheOthers(Retry<Part> retry) throws InterruptedException {
    Part part = retry.value();
    List<ScoreEvent> others = new ArrayList<>(part.events());
    Part one = part.of(List.of(others.remove(retry.tries() * 7 % others.size())));
    Outcome outcome = post(one.events());
    if (!outcome.arrived()) {
      return false;
    }
    accepted(one, outcome, retry.tries() + outcome.attempts());
    retry.suspect();
    sendInHalves(retry, others);
    return true;
  }

  private void sendInHalves(Retry<Part> retry, List<ScoreEvent> events)
      throws InterruptedException {
    int half = events.size() / 2;
    if (half > 0) {
      send(retries.part(retry, retry.value().of(events.subList(0, half))));
    }
    send(retries.part(retry, retry.value().of(events.subList(half, events.size()))));
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
