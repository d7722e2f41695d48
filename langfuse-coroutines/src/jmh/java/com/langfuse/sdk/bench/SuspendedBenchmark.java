package com.langfuse.sdk.bench;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/** A suspend block that is suspended and resumed once. */
@OperationsPerInvocation(PerObservation.BURST)
public class SuspendedBenchmark extends PerObservation {

  @Benchmark
  public void byHand(ByHand hand) {
    hand.together(BURST, () -> Suspending.spans(hand.tracer(), BURST, true));
  }

  @Benchmark
  public void block(OurClient client) {
    client.together(BURST, () -> Suspending.blocks(client.langfuse(), BURST, true));
  }
}
