package com.langfuse.sdk.bench;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A block with an input and an output, 1 KB each. */
@State(Scope.Benchmark)
@OperationsPerInvocation(PerObservation.BURST)
public class InputOutputBenchmark extends PerObservation {

  @Param public Payloads shape;

  private Object input;
  private Object output;

  @Setup
  public void make() {
    input = shape.ofKilobytes(1);
    output = shape.ofKilobytes(1);
  }

  @Benchmark
  public void byHand(ByHand hand) {
    hand.inputOutput(BURST, input, output);
  }

  @Benchmark
  public void block(OurClient client) {
    client.inputOutput(BURST, input, output);
  }
}
