package com.langfuse.sdk;

import com.langfuse.sdk.internal.LangfuseAttributes;
import com.langfuse.sdk.internal.TraceIds;
import com.langfuse.sdk.propagation.PropagatedAttributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.IdGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Where a new observation hangs.
 *
 * @param context what the observation inherits
 * @param span the parent; invalid for a root
 * @param chosenTraceId for a root whose trace id is given; else null
 */
record ParentSpan(Langfuse owner, Context context, Span span, @Nullable String chosenTraceId) {

  static ParentSpan of(
      Langfuse owner, @Nullable OtelObservation handle, @Nullable TraceContext remote) {
    if (remote != null) {
      return remote(owner, remote);
    }
    if (handle != null) {
      return new ParentSpan(owner, inherited(handle), handle.span(), null);
    }
    Context context = Context.current();
    return new ParentSpan(owner, context, owner.parentSpan(context), null);
  }

  /** The handle's user, session and the like, with those of a scope that is open here on top. */
  private static Context inherited(OtelObservation handle) {
    Context context = handle.parenting();
    PropagatedAttributes handles = PropagatedAttributes.from(context);
    PropagatedAttributes here = PropagatedAttributes.from(Context.current());
    return here == handles ? context : handles.with(here).storeIn(context);
  }

  private static ParentSpan remote(Langfuse owner, TraceContext remote) {
    Context context = Context.current();
    String traceId = TraceIds.traceId(remote.traceId());
    if (traceId == null) {
      owner
          .log()
          .warn(
              "trace id",
              "Ignoring trace ID '"
                  + remote.traceId()
                  + "', it has to be 32 hex digits, not zero.");
      return new ParentSpan(owner, context, Span.getInvalid(), null);
    }
    String parentId = TraceIds.observationId(remote.parentObservationId());
    if (parentId == null && remote.parentObservationId() != null) {
      owner
          .log()
          .warn(
              "parent id",
              "Ignoring parent observation ID '"
                  + remote.parentObservationId()
                  + "', it has to be 16 hex digits, not zero.");
    }
    return parentId == null
        ? new ParentSpan(owner, context, Span.getInvalid(), traceId)
        : new ParentSpan(owner, context, remoteSpan(traceId, parentId), null);
  }

  Span start(SpanBuilder builder) {
    Context own = owner.startIn(SpanSlot.set(context, span), span);
    if (chosenTraceId == null) {
      return builder.setParent(own).startSpan();
    }
    if (!owner.choosesTraceIds()) {
      // A provider of the application's makes its own ids: a parent that never was carries ours.
      Span phantom = remoteSpan(chosenTraceId, IdGenerator.random().generateSpanId());
      return builder
          .setAttribute(LangfuseAttributes.AS_ROOT, true)
          .setParent(owner.startIn(context.with(phantom), phantom))
          .startSpan();
    }
    try (Scope ignored = TraceIds.choose(chosenTraceId, own).makeCurrent()) {
      return builder.setParent(own).startSpan();
    }
  }

  private static Span remoteSpan(String traceId, String spanId) {
    return Span.wrap(
        SpanContext.createFromRemoteParent(
            traceId, spanId, TraceFlags.getSampled(), TraceState.getDefault()));
  }
}
