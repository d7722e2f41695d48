package com.langfuse.sdk.score;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/** A score that waits to be sent, as text. What is sent again is the same text, ids included. */
final class ScoreEvent {

  private static final String BATCH = "{\"batch\":[";
  private static final String END_OF_BATCH = "]}";
  private static final String END_OF_EVENT = "}";

  private final String id = UUID.randomUUID().toString();
  private final String label;
  private final byte[] event;
  private final int bodyStart;

  /**
   * @param body JSON
   */
  ScoreEvent(String label, Instant timestamp, String body) {
    this.label = label;
    String head =
        "{\"id\":\"%s\",\"type\":\"score-create\",\"timestamp\":\"%s\",\"body\":"
            .formatted(id, timestamp.truncatedTo(ChronoUnit.MILLIS));
    this.bodyStart = head.length(); // ASCII
    this.event = (head + body + END_OF_EVENT).getBytes(StandardCharsets.UTF_8);
  }

  /** Of the event; the verdict on it comes back with it. */
  String id() {
    return id;
  }

  /** For people, in a log line. */
  String label() {
    return label;
  }

  /** The score alone. */
  byte[] body() {
    return Arrays.copyOfRange(event, bodyStart, event.length - END_OF_EVENT.length());
  }

  /** In bytes, with the comma. */
  long weight() {
    return event.length + 1L;
  }

  /** The body of a request for several. */
  static byte[] batch(List<ScoreEvent> events) {
    ByteArrayOutputStream batch = new ByteArrayOutputStream();
    batch.writeBytes(BATCH.getBytes(StandardCharsets.UTF_8));
    String separator = "";
    for (ScoreEvent each : events) {
      batch.writeBytes(separator.getBytes(StandardCharsets.UTF_8));
      batch.writeBytes(each.event);
      separator = ",";
    }
    batch.writeBytes(END_OF_BATCH.getBytes(StandardCharsets.UTF_8));
    return batch.toByteArray();
  }
}
