package com.langfuse.sdk.local;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of a list that is read newest first, and where the next one begins. The place is that
 * of an item, not a number: what arrives in between moves nothing.
 */
record Page<T>(List<T> items, @Nullable String cursor) {

  /** Where an item is: newer ones come first, ids decide between those of the same time. */
  record Place(Instant time, String id) {

    private static final Comparator<Place> NEWEST_FIRST =
        Comparator.comparing(Place::time).reversed().thenComparing(Place::id);

    private String cursor() {
      byte[] text = (time + " " + id).getBytes(StandardCharsets.UTF_8);
      return Base64.getUrlEncoder().withoutPadding().encodeToString(text);
    }

    private static Place of(String cursor) throws RefusedException {
      try {
        String text = new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
        int space = text.indexOf(' ');
        return new Place(Instant.parse(text.substring(0, space)), text.substring(space + 1));
      } catch (RuntimeException e) {
        throw new RefusedException("cursor is none that was given out", e);
      }
    }
  }

  /**
   * @param limit how many items there may be; with 0 the list ends before it begins
   */
  static <T> Page<T> of(Stream<T> all, Function<T, Place> place, Query query, int limit)
      throws RefusedException {
    String cursor = query.text("cursor");
    Place last = cursor == null ? null : Place.of(cursor);
    List<T> items =
        all.filter(each -> last == null || Place.NEWEST_FIRST.compare(place.apply(each), last) > 0)
            .sorted(Comparator.comparing(place, Place.NEWEST_FIRST))
            .limit(limit + 1L)
            .toList();
    return items.size() <= limit || limit == 0
        ? new Page<>(items.subList(0, Math.min(limit, items.size())), null)
        : new Page<>(items.subList(0, limit), place.apply(items.get(limit - 1)).cursor());
  }

  /** In the form of Langfuse's API. */
  Answer answer(Function<T, Map<String, @Nullable Object>> form, Map<String, Object> meta) {
    Map<String, Object> more = new LinkedHashMap<>(meta);
    if (cursor != null) {
      more.put("cursor", cursor);
    }
    return Answer.of(200, Map.of("data", items.stream().map(form).toList(), "meta", more));
  }
}
