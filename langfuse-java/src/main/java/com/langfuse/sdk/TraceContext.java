package com.langfuse.sdk;

import com.langfuse.sdk.internal.TraceIds;
import org.jspecify.annotations.Nullable;

/**
 * A place in a trace that was begun elsewhere: in another process, or in a row of your database.
 *
 * <pre>{@code
 * langfuse.observation("resume").parent(TraceContext.fromSeed("ticket-4711")).run(…);
 * langfuse.observation("step").parent(TraceContext.of(traceId, observationId)).run(…);
 * }</pre>
 *
 * <p>Within one process use the handle, within one request the W3C headers ({@link
 * com.langfuse.sdk.propagation.TraceHeaders}); both carry user and session too. Ids may be in upper
 * case. A malformed trace id is a warning and an ordinary new trace, a malformed parent id is left
 * out.
 *
 * @param traceId 32 hex digits
 * @param parentObservationId 16 hex digits; null makes the observation a root of that trace
 */
public record TraceContext(String traceId, @Nullable String parentObservationId) {

  /** A new root in the given trace. */
  public static TraceContext of(String traceId) {
    return new TraceContext(traceId, null);
  }

  /** A child of the given observation. */
  public static TraceContext of(String traceId, @Nullable String parentObservationId) {
    return new TraceContext(traceId, parentObservationId);
  }

  /**
   * The trace that belongs to an id of your own, the same every time and in every SDK of Langfuse.
   * An empty seed gives a random one.
   */
  public static TraceContext fromSeed(String seed) {
    return of(TraceIds.fromSeed(seed));
  }
}
