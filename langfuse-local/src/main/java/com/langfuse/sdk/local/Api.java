package com.langfuse.sdk.local;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** Langfuse's public API, as far as SDKs record and tools read: one request in, one answer out. */
final class Api {

  private static final String PUBLIC = "/api/public/";
  private static final String HEALTH = PUBLIC + "health";
  private static final String PROJECTS = PUBLIC + "projects";
  private static final String METRICS = PUBLIC + "otel/v1/metrics"; // taken, not kept

  private final String authorization;
  private final ObservationStore store;
  private final @Nullable Archive archive;
  private final ScoreRoutes scores;
  private final MediaRoutes media;
  private final ObservationList observationList;
  private final ScoreList scoreList;

  /**
   * @param archive null to keep nothing on disk
   */
  Api(
      String publicKey,
      String secretKey,
      ObservationStore store,
      @Nullable Archive archive,
      ScoreRoutes scores,
      MediaRoutes media,
      ScoreList scoreList) {
    this.authorization = basic(publicKey, secretKey);
    this.store = store;
    this.archive = archive;
    this.scores = scores;
    this.media = media;
    this.observationList = new ObservationList(store);
    this.scoreList = scoreList;
  }

  static String basic(String publicKey, String secretKey) {
    byte[] pair = (publicKey + ":" + secretKey).getBytes(StandardCharsets.UTF_8);
    return "Basic " + Base64.getEncoder().encodeToString(pair);
  }

  /**
   * @param export what the body holds; looked at only on the path for exports
   */
  Answer answer(Call call, TraceExport export) {
    try {
      return route(call, export);
    } catch (RefusedException refused) {
      return refused.answer();
    }
  }

  /** Whether it has the keys, where it needs them: if not, nobody has to read what it brings. */
  boolean admits(Call call) {
    return !call.path().startsWith(PUBLIC)
        || call.path().equals(HEALTH)
        || authorization.equals(call.header("authorization"));
  }

  private Answer route(Call call, TraceExport export) throws RefusedException {
    if (call.path().equals(HEALTH)) {
      return only("GET", call, () -> Answer.ok("{\"status\":\"OK\",\"version\":\"local\"}"));
    }
    if (!admits(call)) {
      return Answer.error(401, "Invalid credentials. Confirm that you've configured the keys.");
    }
    return switch (call.path()) {
      case PROJECTS ->
          only("GET", call, () -> Answer.ok("{\"data\":[{\"id\":\"local\",\"name\":\"local\"}]}"));
      case TraceExport.PATH -> only("POST", call, () -> ingest(call, export));
      case ScoreRoutes.INGESTION -> only("POST", call, () -> scores.ingest(call));
      case ScoreRoutes.SCORES -> only("POST", call, () -> scores.create(call));
      case MediaRoutes.MEDIA -> only("POST", call, () -> media.announce(call));
      case ObservationList.PATH -> only("GET", call, () -> observationList.answer(call));
      case ScoreList.PATH -> only("GET", call, () -> scoreList.answer(call));
      case METRICS -> only("POST", call, () -> Answer.ok("{}"));
      default -> routeBelow(call);
    };
  }

  private Answer routeBelow(Call call) throws RefusedException {
    String mediaId = below(MediaRoutes.MEDIA, call);
    if (mediaId != null) {
      return call.method().equals("PATCH")
          ? media.report(mediaId, call)
          : only("GET", call, () -> media.get(mediaId, call));
    }
    String uploadId = below(MediaRoutes.UPLOAD, call);
    if (uploadId != null) {
      return only("PUT", call, () -> media.upload(uploadId, call));
    }
    return Answer.error(404, "Nothing here: " + call.path());
  }

  /** The one name a path ends with below another; null if it is not of that form. */
  private static @Nullable String below(String parent, Call call) {
    if (!call.path().startsWith(parent + "/")) {
      return null;
    }
    String name = call.path().substring(parent.length() + 1);
    return name.isEmpty() || name.contains("/") ? null : name;
  }

  private interface Handler {
    Answer answer() throws RefusedException;
  }

  private static Answer only(String method, Call call, Handler handler) throws RefusedException {
    return call.method().equals(method)
        ? handler.answer()
        : Answer.error(405, call.path() + " takes " + method).withHeader("Allow", method);
  }

  private Answer ingest(Call call, TraceExport export) throws RefusedException {
    if (export.problem() != null) {
      throw new RefusedException(export.problem());
    }
    if (archive != null && !export.spans().isEmpty()) {
      archive.traces(call);
    }
    store.add(export.spans());
    return Answer.ok("{}");
  }
}
