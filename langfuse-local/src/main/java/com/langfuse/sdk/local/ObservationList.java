package com.langfuse.sdk.local;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.LinkedHashMap;
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
  private static final String TOTAL = "total";
  private static final DateTimeFormatter MILLIS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
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
    Set<String> groups = query.groups(Set.of("core", "basic"));
    query.oneOf("type", ObservationType.all());
    query.oneOf("level", Level.ALL);
    Collection<String> whole = Objects.requireNonNullElse(query.list("expandMetadata"), Set.of());
    Predicate<LocalObservation> filter = filter(query);
    String traceId = query.text("traceId");
    List<LocalObservation> all =
        traceId == null
            ? store.observations()
            : store.trace(traceId).map(LocalTrace::observations).orElse(List.of());
    return Page.of(
            all.stream().filter(filter),
            ObservationList::place,
            query,
            query.limit(0, LARGEST_PAGE))
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
          form.put("input", orNull(each.input()));
          form.put("output", orNull(each.output()));
        }
        case "metadata" -> form.put("metadata", metadata(each, wholeMetadata));
        case "model" -> {
          form.put("model", orEmpty(each.model()));
          form.put("internalModelId", "");
          form.put("modelParameters", ModelParameters.typed(new Attributes(each.attributes())));
        }
        case "usage" -> addUsage(each, form);
        case "prompt" -> {
          form.put("promptId", "");
          form.put("promptName", orEmpty(each.promptName()));
          form.put("promptVersion", each.promptVersion());
        }
        case "trace_context" -> {
          form.put("tags", each.tags());
          form.put("release", orEmpty(each.release()));
          form.put("traceName", traceName(each));
        }
        default -> {} // core, which is always there, and what Langfuse does not know either
      }
    }
    form.put("latency", seconds(each.startTime(), each.endTime()));
    form.put("timeToFirstToken", seconds(each.startTime(), each.completionStartTime()));
    // No prices are known here; the fields are never left out.
    for (String price : new String[] {"modelId", "inputPrice", "outputPrice", "totalPrice"}) {
      form.put(price, null);
    }
    return form;
  }

  private static void addBasic(LocalObservation each, Map<String, @Nullable Object> form) {
    form.put("name", each.name());
    form.put("level", each.level());
    form.put("statusMessage", orEmpty(each.statusMessage()));
    form.put("version", orEmpty(each.version()));
    form.put("environment", each.environment());
    form.put("bookmarked", false);
    form.put("public", each.isPublic());
    form.put("userId", orEmpty(each.userId()));
    form.put("sessionId", orEmpty(each.sessionId()));
    form.put("isRootObservation", isRoot(each));
  }

  private static void addTimes(LocalObservation each, Map<String, @Nullable Object> form) {
    form.put("completionStartTime", text(each.completionStartTime()));
    form.put("createdAt", text(each.endTime()));
    form.put("updatedAt", text(each.endTime()));
  }

  /** With the totals that Langfuse adds to what was sent. */
  private static void addUsage(LocalObservation each, Map<String, @Nullable Object> form) {
    Map<String, Long> usage = new LinkedHashMap<>(each.usage());
    if (!usage.isEmpty()) {
      usage.putIfAbsent(TOTAL, each.totalTokens());
    }
    Map<String, Double> cost = new LinkedHashMap<>(each.cost());
    if (!cost.isEmpty() && Set.of("input", "output").containsAll(cost.keySet())) {
      cost.put(TOTAL, each.totalCost());
    }
    form.put("usageDetails", usage);
    form.put("costDetails", cost);
    form.put("inputUsage", each.inputTokens());
    form.put("outputUsage", each.outputTokens());
    form.put("totalUsage", each.totalTokens());
    form.put("inputCost", each.inputCost());
    form.put("outputCost", each.outputCost());
    form.put("totalCost", each.totalCost());
    form.put("usagePricingTierId", null);
    form.put("usagePricingTierName", null);
  }

  /** What looks like JSON comes back as such, unless it is cut. */
  private static Map<String, Object> metadata(LocalObservation each, Collection<String> whole) {
    Map<String, Object> metadata = new LinkedHashMap<>();
    each.metadata()
        .forEach(
            (key, value) ->
                metadata.put(
                    key,
                    whole.contains(key) || value.length() <= LONGEST_METADATA
                        ? Objects.requireNonNullElse(Json.parse(value), value)
                        : value.substring(0, LONGEST_METADATA)));
    each.resourceAttributes()
        .forEach((key, value) -> metadata.putIfAbsent("resourceAttributes." + key, value));
    metadata.putIfAbsent("scope.name", each.scopeName());
    metadata.putIfAbsent("scope.version", each.scopeVersion());
    return metadata;
  }

  private static String traceName(LocalObservation each) {
    boolean named = each.traceName() != null || each.parentId() != null;
    return named ? orEmpty(each.traceName()) : each.name();
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }

  private static @Nullable String orNull(@Nullable String text) {
    return text == null || text.isEmpty() ? null : text;
  }

  /** In whole milliseconds, as Langfuse stores times; of any two times, centuries apart or not. */
  private static @Nullable Double seconds(Instant from, @Nullable Instant to) {
    if (to == null) {
      return null;
    }
    Duration duration =
        Duration.between(from.truncatedTo(ChronoUnit.MILLIS), to.truncatedTo(ChronoUnit.MILLIS));
    return BigDecimal.valueOf(duration.getSeconds())
        .add(BigDecimal.valueOf(duration.getNano(), NANO_DIGITS))
        .doubleValue();
  }

  /** To the millisecond, as Langfuse stores times. */
  static @Nullable String text(@Nullable Instant time) {
    return time == null ? null : MILLIS.format(time);
  }
}
