package com.langfuse.sdk.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Langfuse's public API, as far as SDKs record and tools read: one request in, one answer out. */
final class Api {

  private static final String PUBLIC = "/api/public/";
  private static final String HEALTH = PUBLIC + "health";
  private static final String PROJECTS = PUBLIC + "projects";
  private static final String METRICS = PUBLIC + "otel/v1/metrics"; // taken, not kept
  private static final List<String> LEGACY =
      List.of(PUBLIC + "traces", PUBLIC + "sessions", PUBLIC + "v2/scores");
  private static final String PROJECT =
      """
      {"data":[{"id":"local","name":"local","organization":{"id":"local","name":"local"},\
      "metadata":{}}]}""";
  private static final int LARGEST_JSON = 1 << 20; // where a route sets no limit of its own

  /** One way to use a path. */
  private record Route(String method, Access access, Handler handler) {

    private static Route get(Handler handler) {
      return new Route("GET", Access.KEYS, handler);
    }

    private static Route json(String method, Handler handler) {
      return new Route(method, Access.JSON_THEN_KEYS, handler);
    }
  }

  /** What is looked at before the handler is asked. */
  private enum Access {
    OPEN,
    KEYS,
    JSON_THEN_KEYS
  }

  private interface Handler {
    /**
     * @param body of a route that has it parsed, else a missing node
     */
    Answer answer(JsonNode body) throws RefusedException;
  }

  private final String authorization;
  private final int largestExport;
  private final ObservationStore store;
  private final @Nullable Archive archive;
  private final ScoreRoutes scores;
  private final MediaRoutes media;
  private final ObservationList observationList;
  private final ScoreList scoreList;

  /**
   * @param largestExport bytes of a body with traces, as sent and inflated
   * @param archive null to keep nothing on disk
   */
  Api(
      String publicKey,
      String secretKey,
      int largestExport,
      ObservationStore store,
      @Nullable Archive archive,
      ScoreRoutes scores,
      MediaRoutes media,
      ScoreList scoreList) {
    this.authorization = basic(publicKey, secretKey);
    this.largestExport = largestExport;
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

  /** Whether it has the keys, where it needs them: if not, nothing that it brings is kept. */
  boolean admits(Call call) {
    return hasKeys(call) || isOpen(find(call, TraceExport.NONE));
  }

  private static boolean isOpen(@Nullable Route route) {
    return route != null && route.access() == Access.OPEN;
  }

  /** How many bytes of the body to read, 0 where nothing looks at them. */
  int largestBody(Call call) {
    String uploadId = below(MediaRoutes.UPLOAD, call);
    if (uploadId != null) {
      return Math.min(media.largestUpload(uploadId), mostOfHeap());
    }
    return switch (call.path()) {
      case TraceExport.PATH, METRICS -> hasKeys(call) ? largestExport : 0;
      case ScoreRoutes.INGESTION -> ScoreRoutes.LARGEST_BATCH;
      default -> find(call, TraceExport.NONE) != null || hasKeys(call) ? LARGEST_JSON : 0;
    };
  }

  /** What one body may take, whatever was announced. */
  private static int mostOfHeap() {
    return (int) Math.min(Integer.MAX_VALUE - 8, Runtime.getRuntime().maxMemory() / 8);
  }

  /**
   * In the order of Langfuse: the path, the body where it is parsed first, the method, the keys.
   */
  private Answer route(Call call, TraceExport export) throws RefusedException {
    if (LEGACY.stream().anyMatch(each -> call.path().equals(each) || below(each, call) != null)) {
      throw new RefusedException(
          404,
          "This endpoint is not available on deployments running in Langfuse v4 events_only mode.");
    }
    Route route = find(call, export);
    if (route == null) {
      throw new RefusedException(404, "Nothing here: " + call.path());
    }
    JsonNode body =
        route.access() == Access.JSON_THEN_KEYS ? JsonBody.of(call) : MissingNode.getInstance();
    if (!call.method().equals(route.method())) {
      return Answer.error(405, call.path() + " takes " + route.method())
          .withHeader("Allow", route.method());
    }
    if (route.access() != Access.OPEN && !hasKeys(call)) {
      throw new RefusedException(
          401, "Invalid credentials. Confirm that you've configured the keys.");
    }
    return route.handler().answer(body);
  }

  private boolean hasKeys(Call call) {
    return authorization.equals(call.header("authorization"));
  }

  /** Null for a path that there is not. */
  private @Nullable Route find(Call call, TraceExport export) {
    return switch (call.path()) {
      case HEALTH ->
          new Route(
              "GET", Access.OPEN, body -> Answer.ok("{\"status\":\"OK\",\"version\":\"local\"}"));
      case PROJECTS -> Route.get(body -> Answer.ok(PROJECT));
      case TraceExport.PATH -> new Route("POST", Access.KEYS, body -> ingest(call, export));
      case METRICS -> new Route("POST", Access.KEYS, body -> dismiss(call));
      case ScoreRoutes.INGESTION -> Route.json("POST", scores::ingest);
      case ScoreRoutes.SCORES -> Route.json("POST", body -> scores.create(body, call.at()));
      case MediaRoutes.MEDIA -> Route.json("POST", body -> media.announce(body, call));
      case ObservationList.PATH -> Route.get(body -> observationList.answer(call));
      case ScoreList.PATH -> Route.get(body -> scoreList.answer(call));
      default -> findBelow(call);
    };
  }

  private @Nullable Route findBelow(Call call) {
    String mediaId = below(MediaRoutes.MEDIA, call);
    if (mediaId != null) {
      return call.method().equals("PATCH")
          ? Route.json("PATCH", body -> media.report(mediaId, body))
          : Route.get(body -> media.get(mediaId, call));
    }
    String fileId = below(MediaRoutes.UPLOAD, call);
    if (fileId != null) {
      return call.method().equals("GET")
          ? new Route("GET", Access.OPEN, body -> media.download(fileId, call))
          : new Route("PUT", Access.OPEN, body -> media.upload(fileId, call));
    }
    return null;
  }

  /** The one name a path ends with below another; null if it is not of that form. */
  private static @Nullable String below(String parent, Call call) {
    if (!call.path().startsWith(parent + "/")) {
      return null;
    }
    String name = call.path().substring(parent.length() + 1);
    return name.isEmpty() || name.contains("/") ? null : name;
  }

  private static Answer dismiss(Call call) throws RefusedException {
    call.content(); // refuses one that is too large
    return Answer.ok("{}");
  }

  private Answer ingest(Call call, TraceExport export) throws RefusedException {
    if (export.problem() != null) {
      throw export.problem();
    }
    if (archive != null && !export.spans().isEmpty()) {
      archive.traces(call);
    }
    store.add(export.spans());
    return Answer.ok("{}");
  }
}
