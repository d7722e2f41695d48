package com.langfuse.sdk.export;

import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.sdk.trace.ReadableSpan;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The running spans of a tracer provider of which some are not sent. Bounded; threadsafe. */
final class OpenSpans {

  /** Spans that are never ended must not fill the memory. */
  private static final int MAX_OPEN = 100_000;

  private static final int MAX_ENDED = 10_000;

  /** How many spans are not known, when there are too many, before room is made again. */
  private static final int ROOM_MAKING_INTERVAL = 10_000;

  private final Map<String, OpenSpan> open = new ConcurrentHashMap<>();

  private final AtomicInteger refused = new AtomicInteger();

  /** Ended without being exported, below one that is: children may start later. */
  private final Map<String, OpenSpan> ended =
      Collections.synchronizedMap(
          new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(Map.Entry<String, OpenSpan> eldest) {
              return size() > MAX_ENDED;
            }
          });

  void add(ReadableSpan span, OpenSpan started) {
    if (open.size() < MAX_OPEN || makeRoom()) {
      open.put(span.getSpanContext().getSpanId(), started);
    }
  }

  /** Forgets spans that were dropped without being ended; now and then, since it looks at all. */
  private boolean makeRoom() {
    if (refused.getAndIncrement() % ROOM_MAKING_INTERVAL == 0) {
      open.values().removeIf(OpenSpan::isAbandoned);
    }
    return open.size() < MAX_OPEN;
  }

  /** Null for one that is not known, or has ended and was exported. */
  @Nullable OpenSpan find(SpanContext span) {
    OpenSpan running = running(span);
    return running == null && !ended.isEmpty() ? ended.get(span.getSpanId()) : running;
  }

  @Nullable OpenSpan running(SpanContext span) {
    return open.get(span.getSpanId());
  }

  @Nullable OpenSpan remove(SpanContext span) {
    return open.remove(span.getSpanId());
  }

  /** Keeps one that has ended, for children that start later. */
  void keep(SpanContext span, OpenSpan hidden) {
    ended.put(span.getSpanId(), hidden);
  }
}
