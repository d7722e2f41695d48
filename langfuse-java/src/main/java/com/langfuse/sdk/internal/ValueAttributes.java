package com.langfuse.sdk.internal;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Value;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanProcessor;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.jspecify.annotations.Nullable;

/**
 * Span attributes of type {@link Value}: the one part of OpenTelemetry's API that is used where it
 * is present, and not needed.
 */
public final class ValueAttributes {

  /** {@code AttributeKey.valueKey}; null where there is none. */
  private static final @Nullable MethodHandle VALUE_KEY = valueKey();

  private static final boolean REPLACEABLE =
      VALUE_KEY != null && isReplaceable(LangfuseAttributes.INPUT);

  private ValueAttributes() {}

  /**
   * Whether a span can have such attributes, and keeps only the last one of a name, whatever the
   * types. Older versions keep one of each type, so a text that is set later would not take the
   * place of a {@link Value}.
   */
  static boolean areReplaceable() {
    return REPLACEABLE;
  }

  /** The key of such an attribute; null where OpenTelemetry has none. */
  @SuppressWarnings("unchecked") // as the method is declared
  public static @Nullable AttributeKey<Value<?>> key(String name) {
    try {
      return VALUE_KEY == null ? null : (AttributeKey<Value<?>>) VALUE_KEY.invoke(name);
    } catch (Throwable t) {
      throw new IllegalStateException("AttributeKey.valueKey failed", t);
    }
  }

  private static @Nullable MethodHandle valueKey() {
    try {
      MethodType type = MethodType.methodType(AttributeKey.class, String.class);
      return MethodHandles.publicLookup().findStatic(AttributeKey.class, "valueKey", type);
    } catch (ReflectiveOperationException olderVersion) {
      return null;
    }
  }

  private static boolean isReplaceable(AttributeKey<String> name) {
    AttributeKey<Value<?>> key = key(name.getKey());
    AttributeCount count = new AttributeCount();
    try (SdkTracerProvider provider = SdkTracerProvider.builder().addSpanProcessor(count).build()) {
      Span span = provider.get("probe").spanBuilder("probe").startSpan();
      if (key != null) {
        span.setAttribute(key, Value.of(0)).setAttribute(name, "");
      }
      span.end();
    }
    return count.ofEnded == 1;
  }

  private static final class AttributeCount implements SpanProcessor {

    private int ofEnded;

    @Override
    public void onStart(Context parent, ReadWriteSpan span) {}

    @Override
    public boolean isStartRequired() {
      return false;
    }

    @Override
    public void onEnd(ReadableSpan span) {
      ofEnded = span.toSpanData().getAttributes().size();
    }

    @Override
    public boolean isEndRequired() {
      return true;
    }
  }
}
