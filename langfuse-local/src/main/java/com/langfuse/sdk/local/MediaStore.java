package com.langfuse.sdk.local;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Media in memory, by id. */
final class MediaStore {

  private final Changes changes = new Changes();
  private final Map<String, LocalMedia> media = new LinkedHashMap<>();

  void announce(LocalMedia announced) {
    changes.make(() -> media.merge(announced.id(), announced, LocalMedia::andThen));
  }

  /** Puts another in the place of the one with that id, if there is one. */
  void change(String id, UnaryOperator<LocalMedia> change) {
    changes.make(() -> media.computeIfPresent(id, (same, former) -> change.apply(former)));
  }

  Optional<LocalMedia> get(String id) {
    return changes.look(() -> Optional.ofNullable(media.get(id)));
  }

  List<LocalMedia> all() {
    return changes.look(() -> List.copyOf(media.values()));
  }

  /** Waits for bytes, not for announcements. */
  Optional<List<LocalMedia>> await(int count, Duration deadline) {
    return changes.await(
        deadline,
        () ->
            media.values().stream().filter(each -> each.bytes() != null).count() >= count
                ? Optional.of(List.copyOf(media.values()))
                : Optional.empty());
  }

  void clear() {
    changes.make(media::clear);
  }
}
