package com.langfuse.sdk.export;

import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.sdk.trace.ReadableSpan;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A span of a shared tracer provider, from its start to its end, as one project sees it.
 * Threadsafe.
 */
final class OpenSpan {

  private final SpanContext context;
  private final boolean expected;
  private final boolean foreign;
  private final @Nullable TraceClaim claim;

  /** Both null from its end on, so that a chain of descendants retains none of their data. */
  private volatile @Nullable ReadableSpan span;

  private volatile @Nullable OpenSpan parent;

  /** Once it has ended: itself if it was exported, else its nearest ancestor that was. */
  private volatile @Nullable SpanContext exported;

  /**
   * @param parent null where that is not known: for a root, below a remote span, or one that ended
   * @param expected whether the filter lets it pass at its start
   * @param foreign whether it is an observation of another client, which is never exported here
   * @param claim null where it shares nothing
   */
  OpenSpan(
      ReadableSpan span,
      @Nullable OpenSpan parent,
      boolean expected,
      boolean foreign,
      @Nullable TraceClaim claim) {
    this.context = span.getSpanContext();
    this.span = span;
    this.parent = parent;
    this.expected = expected;
    this.foreign = foreign;
    this.claim = claim;
  }

  boolean isExpected() {
    return expected;
  }

  boolean isForeign() {
    return foreign;
  }

  @Nullable TraceClaim claim() {
    return claim;
  }

  /**
   * The span below which Langfuse shows a child of this one; null where neither this one nor any
   * known ancestor is exported.
   */
  @Nullable SpanContext asParent(Predicate<ReadableSpan> filter) {
    ReadableSpan running = span;
    if (running == null) {
      return exported;
    }
    boolean isExported = context.isSampled() && !foreign && (expected || filter.test(running));
    return isExported ? context : exportedAncestor(filter);
  }

  /** Null where no known ancestor is exported. */
  @Nullable SpanContext exportedAncestor(Predicate<ReadableSpan> filter) {
    OpenSpan above = parent;
    SpanContext found = above == null ? null : above.asParent(filter);
    return found != null && found.getTraceId().equals(context.getTraceId()) ? found : null;
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
