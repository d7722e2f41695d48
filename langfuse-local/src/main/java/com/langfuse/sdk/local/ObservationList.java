package com.langfuse.sdk.local;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Observations as Langfuse's API lists them: filtered, by page, in groups of fields. */
final class ObservationList {

  static final String PATH = "/api/public/v2/observations";

  static final String PROJECT = "local";

  private static final int LARGEST_PAGE = 1_000;
  private static final int LONGEST_METADATA = 200;
  private static final int NANO_DIGITS = 9;
  private static final DateTimeFormatter MILLIS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
  private static final Set<String> GROUPS =
      new LinkedHashSet<>(
          List.of(
              "core",
              "basic",
              "time",
              "io",
              "metadata",
              "model",
              "usage",
              "prompt",
              "metrics",
              "trace_context"));

  private final ObservationStore store;

  ObservationList(ObservationStore store) {
    this.store = store;
  }

  Answer answer(Call call) throws RefusedException {
    Query query = Query.of(call.query());
    if (query.text("filter") != null) {
      throw new RefusedException("filter is not known here: use name, type, userId and the like");
    }
    if (Boolean.TRUE.equals(query.flag("parseIoAsJson"))) {
      throw new RefusedException("parseIoAsJson is gone: input and output are texts");
    }
    Set<String> groups = query.groups(GROUPS, Set.of("core", "basic"));
    Collection<String> whole = Objects.requireNonNullElse(query.list("expandMetadata"), Set.of());
    Predicate<LocalObservation> filter = filter(query);
    String traceId = query.text("traceId");
    List<LocalObservation> all =
        traceId == null
            ? store.observations()
            : store.trace(traceId).map(LocalTrace::observations).orElse(List.of());
    return Page.of(all.stream().filter(filter), ObservationList::place, query, LARGEST_PAGE)
        .answer(each -> form(each, groups, whole), Map.of());
  }

  private static Page.Place place(LocalObservation each) {
    return new Page.Place(each.startTime(), each.traceId() + each.id());
  }

  private static Predicate<LocalObservation> filter(Query query) throws RefusedException {
    Instant from = query.instant("fromStartTime");
    Instant to = query.instant("toStartTime");
    Boolean isRoot = query.flag("isRootObservation");
    String parentId = query.text("parentObservationId");
    List<String> environments = query.texts("environment");
    return equal(query, "name", LocalObservation::name)
        .and(equal(query, "userId", LocalObservation::userId))
        .and(equal(query, "sessionId", LocalObservation::sessionId))
        .and(equal(query, "type", LocalObservation::type))
        .and(equal(query, "level", LocalObservation::level))
        .and(equal(query, "version", LocalObservation::version))
        .and(each -> environments.isEmpty() || environments.contains(each.environment()))
        .and(each -> parentId == null || parentId.equals(parentId(each)))
        .and(each -> isRoot == null || isRoot == isRoot(each))
        .and(each -> from == null || !each.startTime().isBefore(from))
        .and(each -> to == null || each.startTime().isBefore(to));
  }

  private static Predicate<LocalObservation> equal(
      Query query, String parameter, Function<LocalObservation, @Nullable String> field) {
    String wanted = query.text(parameter);
    return each -> wanted == null || wanted.equals(field.apply(each));
  }

  private static String parentId(LocalObservation each) {
    return Objects.requireNonNullElse(each.parentId(), "");
  }

  private static boolean isRoot(LocalObservation each) {
    return each.parentId() == null || each.isAppRoot();
  }

  private static Map<String, @Nullable Object> form(
      LocalObservation each, Set<String> groups, Collection<String> wholeMetadata) {
    Map<String, @Nullable Object> form = new LinkedHashMap<>();
    form.put("id", each.id());
    form.put("traceId", each.traceId());
    form.put("startTime", text(each.startTime()));
    form.put("endTime", text(each.endTime()));
    form.put("projectId", PROJECT);
    form.put("parentObservationId", each.parentId());
    form.put("type", each.type());
    for (String group : groups) {
      switch (group) {
        case "basic" -> addBasic(each, form);
        case "time" -> addTimes(each, form);
        case "io" -> {
          form.put("input", each.input());
          form.put("output", each.output());
        }
        case "metadata" -> form.put("metadata", metadata(each, wholeMetadata));
        case "model" -> {
          form.put("model", each.model());
          form.put("internalModelId", null);
          form.put("modelParameters", each.modelParameters());
        }
        case "usage" -> {
          form.put("usageDetails", each.usage());
          form.put("costDetails", each.cost());
          form.put("totalCost", each.totalCost());
          form.put("usagePricingTierName", null);
        }
        case "prompt" -> {
          form.put("promptId", null);
          form.put("promptName", each.promptName());
          form.put("promptVersion", each.promptVersion());
        }
        case "metrics" -> {
          form.put("latency", seconds(each.duration()));
          form.put("timeToFirstToken", seconds(each.startTime(), each.completionStartTime()));
        }
        case "trace_context" -> {
          form.put("tags", each.tags());
          form.put("release", each.release());
          form.put("traceName", each.traceName());
        }
        default -> {} // core, which is always there
      }
    }
    // No prices are known here; the fields are never left out.
    for (String price : new String[] {"modelId", "inputPrice", "outputPrice", "totalPrice"}) {
      form.put(price, null);
    }
    return form;
  }

  private static void addBasic(LocalObservation each, Map<String, @Nullable Object> form) {
    form.put("name", each.name());
    form.put("level", each.level());
    form.put("statusMessage", each.statusMessage());
    form.put("version", each.version());
    form.put("environment", each.environment());
    form.put("bookmarked", false);
    form.put("public", each.isPublic());
    form.put("userId", each.userId());
    form.put("sessionId", each.sessionId());
    form.put("isRootObservation", isRoot(each));
  }

  private static void addTimes(LocalObservation each, Map<String, @Nullable Object> form) {
    form.put("completionStartTime", text(each.completionStartTime()));
    form.put("createdAt", text(each.endTime()));
    form.put("updatedAt", text(each.endTime()));
  }

  private static Map<String, String> metadata(LocalObservation each, Collection<String> whole) {
    Map<String, String> metadata = new LinkedHashMap<>(each.metadata());
    metadata.replaceAll(
        (key, value) ->
            whole.contains(key) || value.length() <= LONGEST_METADATA
                ? value
                : value.substring(0, LONGEST_METADATA));
    return metadata;
  }

  private static @Nullable Double seconds(Instant from, @Nullable Instant to) {
    return to == null ? null : (Double) seconds(Duration.between(from, to));
  }

  /** Not by all its nanoseconds, which would overflow after 292 years: times are what was sent. */
  private static double seconds(Duration duration) {
    return BigDecimal.valueOf(duration.getSeconds())
        .add(BigDecimal.valueOf(duration.getNano(), NANO_DIGITS))
        .doubleValue();
  }

  /** To the millisecond, as Langfuse stores times. */
  static @Nullable String text(@Nullable Instant time) {
    return time == null ? null : MILLIS.format(time);
  }
}
