package com.langfuse.sdk.internal;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.SerializerProvider;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The values from the root to the one that is written. One for each encoded value. */
final class ValuePath {

  private static final int USUAL_DEPTH = 16;

  private final int maxDepth;
  private @Nullable Object[] ancestors = new @Nullable Object[USUAL_DEPTH];
  private int depth;
  private int unnamed;

  ValuePath(int maxDepth) {
    this.maxDepth = maxDepth;
  }

  static ValuePath of(JsonGenerator json, SerializerProvider provider) {
    if (json instanceof BoundedGenerator bounded) {
      return bounded.path();
    }
    ValuePath path = (ValuePath) provider.getAttribute(ValuePath.class);
    if (path == null) {
      path = new ValuePath(Limits.DEFAULT.depth());
      provider.setAttribute(ValuePath.class, path);
    }
    return path;
  }

  boolean isAtRoot() {
    return depth == 0;
  }

  boolean isTooDeep() {
    return depth >= maxDepth;
  }

  boolean contains(Object value) {
    for (int i = 0; i < depth; i++) {
      if (ancestors[i] == value) {
        return true;
      }
    }
    return false;
  }

  void push(Object value) {
    if (depth == ancestors.length) {
      ancestors = Arrays.copyOf(ancestors, 2 * depth);
    }
    ancestors[depth++] = value;
  }

  void pop() {
    ancestors[--depth] = null;
  }

  /** Different for each key without a text, so that none hides another. */
  String nextKey(String marker) {
    return unnamed++ == 0 ? marker : marker + " " + unnamed;
  }
}
