package com.langfuse.sdk.local;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Scores as Langfuse's API lists them: filtered, by page, in groups of fields. */
final class ScoreList {

  static final String PATH = "/api/public/v3/scores";

  private static final int LARGEST_PAGE = 100;
  private static final Set<String> GROUPS = Set.of("core", "details", "subject", "annotation");

  private final ScoreStore store;

  ScoreList(ScoreStore store) {
    this.store = store;
  }

  Answer answer(Call call) throws RefusedException {
    Query query = Query.of(call.query());
    Set<String> groups = query.groups(Set.of("core"));
    if (!GROUPS.containsAll(groups)) {
      throw new RefusedException("fields must be of %s, not %s".formatted(GROUPS, groups));
    }
    int limit = query.limit(1, LARGEST_PAGE);
    checkSubject(query);
    Predicate<LocalScore> filter = filter(query).and(valueFilter(query));
    return Page.of(store.all().stream().filter(filter), ScoreList::place, query, limit)
        .answer(each -> form(each, groups), Map.of("limit", limit));
  }

  private static Page.Place place(LocalScore each) {
    return new Page.Place(each.timestamp(), each.id());
  }

  private static void checkSubject(Query query) throws RefusedException {
    boolean hasObservation = query.text("observationId") != null;
    long subjects =
        Stream.of("traceId", "sessionId", "experimentId")
            .filter(each -> query.text(each) != null)
            .count();
    if (subjects > 1) {
      throw new RefusedException("Only one of traceId, sessionId and experimentId may be given");
    }
    if (hasObservation && query.text("traceId") == null) {
      throw new RefusedException("observationId needs a traceId");
    }
  }

  private static Predicate<LocalScore> filter(Query query) throws RefusedException {
    Instant from = query.instant("fromTimestamp");
    Instant to = query.instant("toTimestamp");
    return among(query.list("id"), LocalScore::id)
        .and(among(query.list("name"), LocalScore::name))
        .and(among(upper(query.list("source")), each -> "API"))
        .and(among(upper(query.list("dataType")), LocalScore::dataType))
        .and(among(query.list("environment"), LocalScore::environment))
        .and(among(query.list("configId"), LocalScore::configId))
        .and(among(query.list("queueId"), each -> null))
        .and(among(query.list("authorUserId"), each -> null))
        .and(among(query.list("traceId"), LocalScore::traceId))
        .and(among(query.list("observationId"), LocalScore::observationId))
        .and(among(query.list("sessionId"), LocalScore::sessionId))
        .and(among(query.list("experimentId"), LocalScore::datasetRunId))
        .and(each -> from == null || !each.timestamp().isBefore(from))
        .and(each -> to == null || each.timestamp().isBefore(to));
  }

  private static Predicate<LocalScore> among(
      @Nullable Set<String> wanted, Function<LocalScore, @Nullable String> field) {
    return each -> {
      String value = field.apply(each);
      return wanted == null || (value != null && wanted.contains(value));
    };
  }

  private static @Nullable Set<String> upper(@Nullable Set<String> texts) {
    return texts == null
        ? null
        : texts.stream().map(each -> each.toUpperCase(Locale.ROOT)).collect(Collectors.toSet());
  }

  private static Predicate<LocalScore> valueFilter(Query query) throws RefusedException {
    Set<String> types = upper(query.list("dataType"));
    Set<String> values = query.list("value");
    Double least = query.number("valueMin");
    Double most = query.number("valueMax");
    if ((least != null || most != null) && !Set.of("NUMERIC").equals(types)) {
      throw new RefusedException("valueMin and valueMax need dataType=NUMERIC");
    }
    if (values != null
        && (types == null
            || types.size() != 1
            || !Set.of("NUMERIC", "BOOLEAN", "CATEGORICAL").containsAll(types))) {
      throw new RefusedException("value needs one dataType of NUMERIC, BOOLEAN and CATEGORICAL");
    }
    return each ->
        (values == null || values.stream().anyMatch(value -> isEqual(value(each), value)))
            && (least == null || number(each) >= least)
            && (most == null || number(each) <= most);
  }

  private static double number(LocalScore numeric) {
    return ((Number) numeric.value()).doubleValue();
  }

  private static boolean isEqual(Object value, String wanted) {
    try {
      return value instanceof Double number
          ? number == Double.parseDouble(wanted)
          : value.toString().equals(wanted);
    } catch (NumberFormatException notANumber) {
      return false;
    }
  }

  private static Object value(LocalScore score) {
    return score.dataType().equals("BOOLEAN") ? (Object) (number(score) == 1) : score.value();
  }

  private static Map<String, @Nullable Object> form(LocalScore each, Set<String> groups) {
    Map<String, @Nullable Object> form = new LinkedHashMap<>();
    String time = ObservationList.text(each.timestamp());
    form.put("id", each.id());
    form.put("projectId", ObservationList.PROJECT);
    form.put("name", each.name());
    form.put("value", value(each));
    form.put("dataType", each.dataType());
    form.put("source", "API");
    form.put("timestamp", time);
    form.put("environment", each.environment());
    form.put("createdAt", time);
    form.put("updatedAt", time);
    if (groups.contains("details")) {
      form.put("comment", each.comment());
      form.put("configId", each.configId());
      form.put("metadata", each.metadata() == null ? Map.of() : each.metadata());
    }
    if (groups.contains("annotation")) {
      form.put("authorUserId", null);
      form.put("queueId", null);
    }
    if (groups.contains("subject")) {
      form.put("subject", subject(each));
    }
    return form;
  }

  private static Map<String, @Nullable String> subject(LocalScore each) {
    Map<String, @Nullable String> subject = new LinkedHashMap<>();
    if (each.observationId() != null) {
      subject.put("kind", "observation");
      subject.put("id", each.observationId());
      subject.put("traceId", each.traceId());
    } else if (each.traceId() != null) {
      subject.put("kind", "trace");
      subject.put("id", each.traceId());
    } else if (each.sessionId() != null) {
      subject.put("kind", "session");
      subject.put("id", each.sessionId());
    } else {
      subject.put("kind", "experiment");
      subject.put("id", each.datasetRunId());
    }
    return subject;
  }
}
