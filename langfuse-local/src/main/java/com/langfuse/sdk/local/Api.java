package com.langfuse.sdk.local;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;

/** Langfuse's public API, as far as tracing needs it: one request in, one answer out. */
final class Api {

  private static final String PUBLIC = "/api/public/";
  private static final String HEALTH = PUBLIC + "health";
  private static final String PROJECTS = PUBLIC + "projects";

  private final String authorization;
  private final ObservationStore store;

  Api(String publicKey, String secretKey, ObservationStore store) {
    this.authorization = basic(publicKey, secretKey);
    this.store = store;
  }

  static String basic(String publicKey, String secretKey) {
    byte[] pair = (publicKey + ":" + secretKey).getBytes(StandardCharsets.UTF_8);
    return "Basic " + Base64.getEncoder().encodeToString(pair);
  }

  /**
   * @param export what the body holds; looked at only on the path for exports
   */
  Answer answer(Call call, TraceExport export) {
    if (call.path().equals(HEALTH)) {
      return only("GET", call, Answer.ok("{\"status\":\"OK\",\"version\":\"local\"}"));
    }
    if (call.path().startsWith(PUBLIC) && !authorization.equals(call.header("authorization"))) {
      return Answer.error(401, "Invalid credentials. Confirm that you've configured the keys.");
    }
    return switch (call.path()) {
      case PROJECTS ->
          only("GET", call, Answer.ok("{\"data\":[{\"id\":\"local\",\"name\":\"local\"}]}"));
      case TraceExport.PATH ->
          call.method().equals("POST") ? ingest(export) : only("POST", call, Answer.ok("{}"));
      default -> Answer.error(404, "Nothing here: " + call.path());
    };
  }

  private static Answer only(String method, Call call, Answer answer) {
    return call.method().equals(method)
        ? answer
        : Answer.error(405, call.path() + " takes " + method).withHeader("Allow", method);
  }

  private Answer ingest(TraceExport export) {
    if (export.problem() != null) {
      return Answer.error(400, export.problem());
    }
    Instant now = Instant.now();
    store.add(export.spans().stream().map(span -> ObservationMapper.map(span, now)).toList());
    return Answer.ok("{}");
  }
}
