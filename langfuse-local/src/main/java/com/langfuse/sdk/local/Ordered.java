package com.langfuse.sdk.local;

import java.util.AbstractMap;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A map that nobody changes and that remembers its order, which {@link Map#copyOf} does not. */
final class Ordered<K, V> extends AbstractMap<K, V> {

  private final Map<K, V> entries;

  private Ordered(Map<K, V> entries) {
    this.entries = entries;
  }

  /**
   * What is a copy already is not copied again, so that all spans of a request share a resource.
   */
  static <K, V> Map<K, V> copy(Map<K, V> map) {
    return map instanceof Ordered ? map : new Ordered<>(new LinkedHashMap<>(map));
  }

  @Override
  public @Nullable V get(Object key) {
    return entries.get(key);
  }

  @Override
  public boolean containsKey(Object key) {
    return entries.containsKey(key);
  }

  @Override
  public Set<Entry<K, V>> entrySet() {
    return Collections.unmodifiableMap(entries).entrySet();
  }
}
