package com.langfuse.sdk.internal;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Value;
import io.opentelemetry.api.common.ValueType;
import io.opentelemetry.api.trace.Span;
import org.jspecify.annotations.Nullable;

/**
 * The text of an attribute that is known already and written when it leaves, by the thread that
 * sends it. OpenTelemetry's encoder takes it for a text.
 */
public final class LaterText implements Value<String> {

  private static final @Nullable AttributeKey<Value<?>> INPUT =
      ValueAttributes.key(LangfuseAttributes.INPUT.getKey());
  private static final @Nullable AttributeKey<Value<?>> OUTPUT =
      ValueAttributes.key(LangfuseAttributes.OUTPUT.getKey());

  private final JsonEncoder encoder;
  private final Object snapshot;
  private final long weight;

  LaterText(JsonEncoder encoder, Object snapshot, long weight) {
    this.encoder = encoder;
    this.snapshot = snapshot;
    this.weight = weight;
  }

  /** Whether a text that is set after this one takes its place on a span. */
  public static boolean isSupported() {
    return ValueAttributes.areReplaceable();
  }

  /** Sets the attribute of this name. Does nothing where it is not {@link #isSupported}. */
  public void setOn(Span span, AttributeKey<String> name) {
    AttributeKey<Value<?>> key =
        name == LangfuseAttributes.INPUT
            ? INPUT
            : name == LangfuseAttributes.OUTPUT ? OUTPUT : ValueAttributes.key(name.getKey());
    if (key != null) {
      span.setAttribute(key, this);
    }
  }

  /** About how many bytes it keeps from being collected, and how long the text will be. */
  public long weight() {
    return weight;
  }

  @Override
  public ValueType getType() {
    return ValueType.STRING;
  }

  /** Writes it, anew each time. Never throws. */
  @Override
  public String getValue() {
    return encoder.encodeSnapshot(snapshot, weight);
  }

  @Override
  public String asString() {
    return getValue();
  }

  @Override
  public String toString() {
    return getValue();
  }
}
