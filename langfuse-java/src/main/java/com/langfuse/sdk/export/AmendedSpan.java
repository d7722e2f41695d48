package com.langfuse.sdk.export;

import com.langfuse.sdk.internal.LangfuseAttributes;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.sdk.trace.data.DelegatingSpanData;
import io.opentelemetry.sdk.trace.data.SpanData;
import org.jspecify.annotations.Nullable;

/** An ended span as its place in Langfuse demands; other exporters see it as it was. */
final class AmendedSpan extends DelegatingSpanData {

  private final SpanContext parent;
  private final Attributes attributes;
  private final int added;

  private AmendedSpan(SpanData span, SpanContext parent, boolean addsPublicMark) {
    super(span);
    this.parent = parent;
    this.attributes =
        addsPublicMark
            ? span.getAttributes().toBuilder().put(LangfuseAttributes.TRACE_PUBLIC, true).build()
            : span.getAttributes();
    this.added = addsPublicMark ? 1 : 0;
  }

  /**
   * Amends the data of an ended span where something differs.
   *
   * @param parent what Langfuse shows it below; null for its own parent
   * @param isPublic whether it carries the public mark
   * @return the span itself where nothing differs
   */
  static SpanData of(SpanData span, @Nullable SpanContext parent, boolean isPublic) {
    boolean addsMark =
        isPublic && span.getAttributes().get(LangfuseAttributes.TRACE_PUBLIC) == null;
    boolean moves = parent != null && !parent.getSpanId().equals(span.getParentSpanId());
    return addsMark || moves
        ? new AmendedSpan(span, parent == null ? span.getParentSpanContext() : parent, addsMark)
        : span;
  }

  @Override
  public SpanContext getParentSpanContext() {
    return parent;
  }

  @Override
  public String getParentSpanId() {
    return parent.getSpanId();
  }

  @Override
  public Attributes getAttributes() {
    return attributes;
  }

  @Override
  public int getTotalAttributeCount() {
    return super.getTotalAttributeCount() + added;
  }
}
