package com.langfuse.sdk.export;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.line.Answer;
import com.langfuse.sdk.line.LangfuseEndpoint;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The id of the project that the keys belong to, asked for once. Threadsafe. */
final class ProjectLookup {

  private static final String PATH = "/api/public/projects";

  private static final String NOT_SAID = "does not say which project the keys belong to. ";

  private final LangfuseEndpoint endpoint;
  private final QuietLog log;
  private volatile @Nullable String projectId;
  private volatile long failedAt;

  ProjectLookup(LangfuseEndpoint endpoint, QuietLog log) {
    this.endpoint = endpoint;
    this.log = log;
  }

  /** Asks the server the first time; null when it does not say. */
  @Nullable String projectId() {
    String known = projectId;
    if (known != null || failedWithinAMinute()) {
      return known;
    }
    try {
      Answer answer = endpoint.get(PATH);
      String id = answer.isSuccess() ? idIn(answer.body()) : null;
      if (id != null) {
        projectId = id;
        return id;
      }
      warn("GET " + PATH + " was answered with " + answer.status() + " and no project.");
    } catch (IOException e) {
      warn("GET " + PATH + " failed: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    failedAt = System.nanoTime();
    return null;
  }

  private static @Nullable String idIn(String body) {
    try {
      return new ObjectMapper().readTree(body).path("data").path(0).path("id").textValue();
    } catch (JsonProcessingException notJson) {
      return null;
    }
  }

  private void warn(String what) {
    log.warn(
        "project",
        "There are no links to traces: Langfuse at " + endpoint.baseUrl() + " " + NOT_SAID + what);
  }

  /** Or each link to a trace would wait for a server that does not answer. */
  private boolean failedWithinAMinute() {
    return failedAt != 0 && System.nanoTime() - failedAt < TimeUnit.MINUTES.toNanos(1);
  }
}
