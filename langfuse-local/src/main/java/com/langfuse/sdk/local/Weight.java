package com.langfuse.sdk.local;

import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Bytes that something takes in memory, about. What occurs in it several times counts once. */
final class Weight {

  private static final int OBJECT = 24;
  private static final int TEXT = 56;
  private static final int ELEMENT = 8;
  private static final int ENTRY = 48;
  private static final char LAST_OF_LATIN_1 = 255;

  private final Set<Object> counted = Collections.newSetFromMap(new IdentityHashMap<>());
  private long bytes;

  static long of(@Nullable Object... parts) {
    Weight weight = new Weight();
    for (Object each : parts) {
      weight.add(each);
    }
    return weight.bytes;
  }

  private void add(@Nullable Object part) {
    if (part == null || !counted.add(part)) {
      return;
    }
    bytes += OBJECT;
    if (part instanceof String text) {
      bytes += TEXT - OBJECT + (long) text.length() * (isLatin1(text) ? 1 : 2);
    } else if (part instanceof byte[] array) {
      bytes += array.length;
    } else if (part instanceof Collection<?> collection) {
      bytes += (long) ELEMENT * collection.size();
      collection.forEach(this::add);
    } else if (part instanceof Map<?, ?> map) {
      bytes += (long) ENTRY * map.size();
      map.forEach(
          (key, value) -> {
            add(key);
            add(value);
          });
    } else if (part instanceof LocalEvent event) {
      add(event.name());
      add(event.attributes());
    }
  }

  /** Such texts take one byte for each character, all others two. */
  private static boolean isLatin1(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) > LAST_OF_LATIN_1) {
        return false;
      }
    }
    return true;
  }
}
