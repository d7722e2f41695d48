package com.langfuse.sdk.export;

import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import org.jspecify.annotations.Nullable;

/**
 * What the spans of one trace share within this process, for one project: that Langfuse gets the
 * trace's top-most span, and whether the trace was published. Carried by the Context. Threadsafe.
 */
final class TraceClaim {

  private static final ContextKey<Claims> KEY = ContextKey.named("langfuse-claim");

  /** A claim, and those of other projects or traces around it. */
  private record Claims(TraceClaim claim, @Nullable Claims outer) {}

  private final LangfuseSpanProcessor owner;
  private final String traceId;
  private volatile boolean published;

  TraceClaim(LangfuseSpanProcessor owner, String traceId) {
    this.owner = owner;
    this.traceId = traceId;
  }

  /** The claim of this project on this trace; null where the Context has none. */
  static @Nullable TraceClaim find(Context context, LangfuseSpanProcessor owner, String traceId) {
    Claims claims = context.get(KEY);
    while (claims != null && !claims.claim().isOf(owner, traceId)) {
      claims = claims.outer();
    }
    return claims == null ? null : claims.claim();
  }

  /** Whether the Context has the claim of any project on any trace. */
  static boolean isAnyIn(Context context) {
    return context.get(KEY) != null;
  }

  /** A copy of the Context that also has this claim. */
  Context storeIn(Context context) {
    return context.with(KEY, new Claims(this, context.get(KEY)));
  }

  private boolean isOf(LangfuseSpanProcessor project, String trace) {
    return owner == project && traceId.equals(trace);
  }

  /** From now on the trace's spans carry the public mark when they end. */
  void publish() {
    published = true;
  }

  boolean isPublished() {
    return published;
  }
}
