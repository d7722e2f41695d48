package com.langfuse.sdk.internal;

import io.opentelemetry.api.common.Value;
import io.opentelemetry.api.common.ValueType;

/**
 * The text of an attribute that is known already and written when it leaves, by the thread that
 * sends it. OpenTelemetry's encoder takes it for a text.
 */
public final class LaterText implements Value<String> {

  private final JsonEncoder encoder;
  private final Object snapshot;
  private final long weight;

  LaterText(JsonEncoder encoder, Object snapshot, long weight) {
    this.encoder = encoder;
    this.snapshot = snapshot;
    this.weight = weight;
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
