package com.langfuse.sdk.export;

import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.sdk.trace.ReadableSpan;
import java.lang.ref.WeakReference;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A span of a tracer provider of which some are not sent, from its start to its end, as one project
 * sees it. Threadsafe.
 */
final class OpenSpan {

  private final SpanContext context;
  private final boolean expected;
  private final boolean foreign;

  /** Null from its end on; weak, since the application may drop a span without ending it. */
  private volatile @Nullable WeakReference<ReadableSpan> span;

  /** Null from its end on, so that a chain of descendants is not retained. */
  private volatile @Nullable OpenSpan parent;

  /** Once it has ended: itself if it was exported, else its nearest ancestor that was. */
  private volatile @Nullable SpanContext exported;

  /**
   * @param parent null where that is not known: for a root, below a remote span, or one that ended
   * @param expected whether the filter lets it pass at its start
   * @param foreign whether it is an observation of another client, which is never exported here
   */
  OpenSpan(ReadableSpan span, @Nullable OpenSpan parent, boolean expected, boolean foreign) {
    this.context = span.getSpanContext();
    this.span = new WeakReference<>(span);
    this.parent = parent;
    this.expected = expected;
    this.foreign = foreign;
  }

  boolean isExpected() {
    return expected;
  }

  boolean isForeign() {
    return foreign;
  }

  /** Whether it was dropped without being ended, and so never will be. */
  boolean isAbandoned() {
    WeakReference<ReadableSpan> running = span;
    return running != null && running.refersTo(null);
  }

  /** The nearest ancestor that is exported; null where no known one is. */
  @Nullable SpanContext exportedAncestor(Predicate<ReadableSpan> filter) {
    for (OpenSpan above = parent; above != null; ) {
      OpenSpan next = above.parent; // before the rest: both go at its end
      WeakReference<ReadableSpan> reference = above.span;
      if (reference == null) {
        return above.exported;
      }
      ReadableSpan running = reference.get();
      if (running != null && above.isExported(running, filter)) {
        return above.context;
      }
      above = next;
    }
    return null;
  }

  /** As far as can be seen while it is running. */
  private boolean isExported(ReadableSpan running, Predicate<ReadableSpan> filter) {
    return context.isSampled() && !foreign && (expected || filter.test(running));
  }

  /** It has ended. */
  void end(boolean isExported, Predicate<ReadableSpan> filter) {
    exported = isExported ? context : exportedAncestor(filter);
    span = null;
    parent = null;
  }

  /** Whether a child that starts after its end has to be shown below an ancestor. */
  boolean leadsUp() {
    SpanContext found = exported;
    return found != null && found != context;
  }
}
