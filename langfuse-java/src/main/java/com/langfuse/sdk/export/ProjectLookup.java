package com.langfuse.sdk.export;

import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.line.Answer;
import com.langfuse.sdk.line.LangfuseEndpoint;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The id of the project that the keys belong to, asked for once. Threadsafe. */
final class ProjectLookup {

  private static final String PATH = "/api/public/projects";

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
      String id = answer.json().path("data").path(0).path("id").textValue();
      if (answer.isSuccess() && id != null) {
        projectId = id;
        return id;
      }
      warn(answer.words());
    } catch (IOException e) {
      warn(String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    failedAt = System.nanoTime();
    return null;
  }

  private void warn(String what) {
    log.warn(
        "project",
        "There are no links to traces: Langfuse at "
            + endpoint.baseUrl()
            + " names no project: it "
            + what);
  }

  /** Or each link to a trace would wait for a server that does not answer. */
  private boolean failedWithinAMinute() {
    return failedAt != 0 && System.nanoTime() - failedAt < TimeUnit.MINUTES.toNanos(1);
  }
}
