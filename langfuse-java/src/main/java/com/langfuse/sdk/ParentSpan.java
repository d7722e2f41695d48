package com.langfuse.sdk;

import com.langfuse.sdk.internal.LangfuseAttributes;
import com.langfuse.sdk.internal.TraceIds;
import com.langfuse.sdk.propagation.PropagatedAttributes;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.IdGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Where a new observation hangs.
 *
 * @param context what the observation inherits
 * @param span the parent; invalid for a root
 * @param parent whose span that is, if it is an observation of this client and process
 * @param chosenTraceId for a root whose trace id is given; else null
 */
record ParentSpan(
    Langfuse owner,
    Context context,
    Span span,
    @Nullable OtelObservation parent,
    @Nullable String chosenTraceId) {

  static ParentSpan of(
      Langfuse owner, @Nullable OtelObservation handle, @Nullable TraceContext remote) {
    if (remote != null) {
      return remote(owner, remote);
    }
    if (handle != null) {
      return new ParentSpan(owner, inherited(handle), handle.span(), handle, null);
    }
    Context context = Context.current();
    OtelObservation current = CurrentObservation.in(context, owner);
    if (current != null && current.isAllOf(context)) {
      return new ParentSpan(owner, context, current.span(), current, null);
    }
    Span span = owner.parentSpan(context);
    return current != null && current.span() == span
        ? new ParentSpan(owner, current.withLater(context), span, current, null)
        : new ParentSpan(owner, context, span, null, null);
  }

  /** Nothing has been added to what the parent's block began with: what holds for it holds here. */
  boolean inheritsAll() {
    return parent != null && parent.isAllOf(context);
  }

  /** What the observation is marked with at its start, and those below it. */
  Attributes marks() {
    return parent != null && parent.isAllOf(context) ? parent.marks() : owner.marks(context);
  }

  Tracer tracer() {
    return chosenTraceId == null ? owner.tracer() : owner.choosingTracer();
  }

  /** The handle's user, session and the like, with those of a scope that is open here on top. */
  private static Context inherited(OtelObservation handle) {
    Context context = handle.context();
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
      return new ParentSpan(owner, context, Span.getInvalid(), null, null);
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
        ? new ParentSpan(owner, context, Span.getInvalid(), null, traceId)
        : new ParentSpan(owner, context, remoteSpan(traceId, parentId), null, null);
  }

  /** A trace is sampled as a whole: below what is not, there is nothing to ask. */
  boolean isLeftOut() {
    return parent != null && owner.ownsProvider() && !span.getSpanContext().isSampled();
  }

  /** What a child is that nobody will see: an id for whatever hangs below. */
  Span leftOut() {
    return Span.wrap(
        SpanContext.create(
            span.getSpanContext().getTraceId(),
            IdGenerator.random().generateSpanId(),
            TraceFlags.getDefault(),
            TraceState.getDefault()));
  }

  Span start(SpanBuilder builder, Attributes marks) {
    if (chosenTraceId == null) {
      SpanContext above = span.getSpanContext();
      String traceId = above.isValid() ? above.getTraceId() : null;
      Context own = owner.prepare(builder, marks, context, span, traceId);
      return builder.setParent(SpanSlot.set(own, span)).startSpan();
    }
    if (!owner.ownsProvider()) {
      // A provider of the application's makes its own ids: a parent that never was carries ours.
      Span phantom = remoteSpan(chosenTraceId, IdGenerator.random().generateSpanId());
      return builder
          .setAttribute(LangfuseAttributes.AS_ROOT, true)
          .setParent(owner.prepare(builder, marks, context.with(phantom), phantom, chosenTraceId))
          .startSpan();
    }
    Context own = owner.prepare(builder, marks, context, span, chosenTraceId);
    try (Scope ignored = TraceIds.choose(chosenTraceId, own).makeCurrent()) {
      return builder.setParent(SpanSlot.set(own, span)).startSpan();
    }
  }

  private static Span remoteSpan(String traceId, String spanId) {
    return Span.wrap(
        SpanContext.createFromRemoteParent(
            traceId, spanId, TraceFlags.getSampled(), TraceState.getDefault()));
  }
}
