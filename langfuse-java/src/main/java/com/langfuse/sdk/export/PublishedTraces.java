package com.langfuse.sdk.export;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** The ids of the traces that were published in this process, for one project. Threadsafe. */
final class PublishedTraces {

  /** Those whose spans ended longest ago are forgotten first. */
  private static final int MAX_TRACES = 10_000;

  private final Map<String, Boolean> ids =
      Collections.synchronizedMap(
          new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
              return size() > MAX_TRACES;
            }
          });

  /** Spares the ends of spans the lock where no trace is published. */
  private volatile boolean any;

  void add(String traceId) {
    ids.put(traceId, true);
    any = true;
  }

  boolean contains(String traceId) {
    return any && ids.get(traceId) != null;
  }
}
