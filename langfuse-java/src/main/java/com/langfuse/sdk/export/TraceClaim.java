package com.langfuse.sdk.export;

import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import org.jspecify.annotations.Nullable;

/**
 * That one project gets the top-most span of one trace from this process, and those of other
 * projects or traces around it. Carried by the Context.
 */
record TraceClaim(LangfuseSpanProcessor owner, String traceId, @Nullable TraceClaim outer) {

  private static final ContextKey<TraceClaim> KEY = ContextKey.named("langfuse-claim");

  /** Whether the Context has the claim of this project on this trace. */
  static boolean isIn(Context context, LangfuseSpanProcessor owner, String traceId) {
    TraceClaim claim = context.get(KEY);
    while (claim != null && !(claim.owner == owner && claim.traceId.equals(traceId))) {
      claim = claim.outer;
    }
    return claim != null;
  }

  /** Whether the Context has the claim of any project on any trace. */
  static boolean isAnyIn(Context context) {
    return context.get(KEY) != null;
  }

  /** A copy of the Context that also has the claim of this project on this trace. */
  static Context store(Context context, LangfuseSpanProcessor owner, String traceId) {
    return context.with(KEY, new TraceClaim(owner, traceId, context.get(KEY)));
  }
}
