package com.langfuse.sdk.bench;

import com.langfuse.sdk.internal.JsonEncoder;
import com.langfuse.sdk.internal.QuietLog;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;

/** One value as JSON: our encoder beside Jackson as it comes. */
@State(Scope.Benchmark)
@OperationsPerInvocation(PerObservation.SHORT_BURST)
public class EncoderBenchmark extends PerObservation {

  @Param({"maps", "records", "beans"})
  public Payloads shape;

  @Param({"1", "100"})
  public int kilobytes;

  private final JsonEncoder encoder = new JsonEncoder(new QuietLog(false));
  private Object value;

  @Setup
  public void make() {
    value = shape.ofKilobytes(kilobytes);
  }

  @Benchmark
  public void byHand(ByHand hand, Blackhole hole) {
    burst(() -> hole.consume(hand.text(value)));
  }

  @Benchmark
  public void encoder(Blackhole hole) {
    burst(() -> hole.consume(encoder.encode(value)));
  }

  private static void burst(Runnable one) {
    CallerCost.of(
        SHORT_BURST,
        () -> {
          for (int i = 0; i < SHORT_BURST; i++) {
            one.run();
          }
        });
  }
}
