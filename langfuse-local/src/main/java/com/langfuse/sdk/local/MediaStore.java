package com.langfuse.sdk.local;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Media in memory, by id. When their bytes would take more than their share, the oldest are
 * forgotten.
 */
final class MediaStore {

  private static final long WEIGHT = 1_000;

  private final Changes changes = new Changes();
  private final Map<String, LocalMedia> media = new LinkedHashMap<>();
  private final long mostBytes;
  private final Consumer<Stream<String>> shown;
  private long bytes;

  /**
   * @param mostBytes how much to keep, about
   * @param shown is told the traces that show something which has changed
   */
  MediaStore(long mostBytes, Consumer<Stream<String>> shown) {
    this.mostBytes = mostBytes;
    this.shown = shown;
  }

  void announce(LocalMedia announced) {
    change(announced.id(), former -> former == null ? announced : former.andThen(announced));
  }

  /** Puts another in the place of the one with that id, if there is one. */
  void changeKnown(String id, UnaryOperator<LocalMedia> change) {
    change(id, former -> former == null ? null : change.apply(former));
  }

  private void change(String id, Function<@Nullable LocalMedia, @Nullable LocalMedia> change) {
    List<String> traceIds = new ArrayList<>();
    changes.make(
        () -> {
          LocalMedia former = media.get(id);
          LocalMedia changed = change.apply(former);
          if (changed != null) {
            media.put(id, changed);
            bytes += weight(changed) - (former == null ? 0 : weight(former));
            changed.links().forEach(each -> traceIds.add(each.traceId()));
            forgetOldest();
          }
        });
    shown.accept(traceIds.stream());
  }

  private void forgetOldest() {
    Iterator<LocalMedia> oldest = media.values().iterator();
    while (bytes > mostBytes && media.size() > 1) {
      bytes -= weight(oldest.next());
      oldest.remove();
    }
  }

  private static long weight(LocalMedia each) {
    return WEIGHT + (each.bytes() == null ? 0 : each.bytes().length);
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
    changes.make(
        () -> {
          media.clear();
          bytes = 0;
        });
  }
}
