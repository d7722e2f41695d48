package com.langfuse.sdk.local;

import java.util.List;
import java.util.Map;

/** What the page shows, as JSON; media as they are. Nothing here changes anything. */
final class ViewRoutes {

  /** Newest first; a browser that has more of them is slow, and nobody scrolls that far. */
  static final int MOST_TRACES = 10_000;

  private final ObservationStore store;
  private final ScoreStore scores;
  private final MediaStore media;
  private final ViewEvents events;
  private final String publicKey;
  private final String secretKey;

  ViewRoutes(
      ObservationStore store,
      ScoreStore scores,
      MediaStore media,
      String publicKey,
      String secretKey) {
    this.store = store;
    this.scores = scores;
    this.media = media;
    this.events = new ViewEvents(store);
    this.publicKey = publicKey;
    this.secretKey = secretKey;
  }

  /**
   * @param names of the path below {@code /view}
   */
  Answer answer(List<String> names, Call call, PageGuard guard) throws RefusedException {
    if (names.equals(List.of("about"))) {
      return about(call, guard);
    } else if (names.equals(List.of("events"))) {
      return events.answer();
    } else if (names.equals(List.of("traces"))) {
      return traces(call);
    } else if (names.size() == 2 && names.get(0).equals("traces")) {
      return trace(names.get(1), call);
    } else if (names.size() == 4
        && names.get(0).equals("traces")
        && names.get(2).equals("observations")) {
      return observation(names.get(1), names.get(3), call);
    } else if (names.size() == 2 && names.get(0).equals("media")) {
      return media(names.get(1));
    }
    throw new RefusedException(404, "Nothing here: " + call.path());
  }

  /** The address is the one that the browser used, which reaches this server from there. */
  private Answer about(Call call, PageGuard guard) {
    return Answer.of(
        200,
        new ViewAbout(
            "http://" + call.header("host"),
            publicKey,
            guard.isLoopback() ? secretKey : null,
            LocalLangfuse.version()));
  }

  private Answer traces(Call call) throws RefusedException {
    long version = store.version();
    long since = since(call, version);
    ViewQuery query = ViewQuery.parse(Query.of(call.query()).text("q"));
    List<TraceSummary> all =
        store.summaries(0).stream()
            .filter(each -> query.matches(each, () -> store.trace(each.id())))
            .toList();
    return Answer.of(
        200,
        new ViewTraces(
            version,
            all.size(),
            MOST_TRACES,
            store.forgottenTraces(),
            all.stream()
                .limit(MOST_TRACES)
                .filter(each -> each.changed() > since)
                .map(ViewTraces.Row::of)
                .toList()));
  }

  private Answer trace(String id, Call call) throws RefusedException {
    long version = store.version();
    long since = since(call, version);
    LocalTrace trace = find(id);
    if (!store.hasChanged(id, since)) {
      return Answer.of(200, Map.of("version", version));
    }
    return Answer.of(200, ViewTrace.of(version, trace, scoresOf(id)));
  }

  private Answer observation(String traceId, String id, Call call) throws RefusedException {
    LocalObservation observation =
        find(traceId).observations().stream()
            .filter(each -> each.id().equals(id))
            .findFirst()
            .orElseThrow(() -> new RefusedException(404, "No observation " + id + " has arrived."));
    boolean full = "true".equals(Query.of(call.query()).text("full"));
    List<LocalScore> judged =
        scoresOf(traceId).stream().filter(each -> id.equals(each.observationId())).toList();
    return Answer.of(200, ViewObservation.of(observation, judged, full));
  }

  private Answer media(String id) throws RefusedException {
    LocalMedia file =
        media.get(id).orElseThrow(() -> new RefusedException(404, "No media %s.".formatted(id)));
    return MediaFile.of(file);
  }

  private LocalTrace find(String id) throws RefusedException {
    return store
        .trace(id)
        .orElseThrow(() -> new RefusedException(404, "No trace " + id + " is here."));
  }

  private List<LocalScore> scoresOf(String traceId) {
    return scores.all().stream().filter(each -> traceId.equals(each.traceId())).toList();
  }

  /** A version that is yet to come is one of a server that was here before. */
  private static long since(Call call, long version) throws RefusedException {
    String text = Query.of(call.query()).text("since");
    try {
      long since = text == null ? 0 : Long.parseLong(text);
      return since > version ? 0 : since;
    } catch (NumberFormatException e) {
      throw new RefusedException("since must be a version, that is a number");
    }
  }
}
