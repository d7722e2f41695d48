package com.langfuse.sdk.local;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Unmodifiable maps that remember their order, which {@link Map#copyOf} does not. */
final class Ordered {

  static <K, V> Map<K, V> copy(Map<K, V> map) {
    return Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }

  private Ordered() {}
}
