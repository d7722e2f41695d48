package com.langfuse.sdk.bench;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A block with an input and an output of so many kilobytes each. */
@State(Scope.Benchmark)
@OperationsPerInvocation(PerObservation.SHORT_BURST)
public class LargeInputOutputBenchmark extends PerObservation {

  @Param({"maps", "records", "beans"})
  public Payloads shape;

  @Param({"10", "100"})
  public int kilobytes;

  private Object input;
  private Object output;

  @Setup
  public void make() {
    input = shape.ofKilobytes(kilobytes);
    output = shape.ofKilobytes(kilobytes);
  }

  @Benchmark
  public void byHand(ByHand hand) {
    hand.inputOutput(SHORT_BURST, input, output);
  }

  @Benchmark
  public void block(OurClient client) {
    client.inputOutput(SHORT_BURST, input, output);
  }
}
