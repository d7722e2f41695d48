package com.langfuse.sdk.bench;

import com.langfuse.sdk.internal.JsonEncoder;
import com.langfuse.sdk.internal.QuietLog;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** One value as JSON: our encoder beside Jackson as it comes. */
@State(Scope.Benchmark)
public class EncoderBenchmark extends PerObservation {

  @Param({"maps", "records", "beans"})
  public Payloads shape;

  @Param({"1", "10", "100"})
  public int kilobytes;

  private final JsonEncoder encoder = new JsonEncoder(new QuietLog(false));
  private Object value;

  @Setup
  public void make() {
    value = shape.ofKilobytes(kilobytes);
  }

  @Benchmark
  public String byHand(ByHand hand) {
    return hand.text(value);
  }

  @Benchmark
  public String encoder() {
    return encoder.encode(value);
  }
}
