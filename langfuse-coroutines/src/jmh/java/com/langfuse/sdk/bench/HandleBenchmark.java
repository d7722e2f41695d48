package com.langfuse.sdk.bench;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/** Started and ended, never current, nothing recorded. */
@OperationsPerInvocation(PerObservation.BURST)
public class HandleBenchmark extends PerObservation {

  @Benchmark
  public void byHand(ByHand hand) {
    hand.burst(BURST, () -> hand.start("span").end());
  }

  @Benchmark
  public void handle(OurClient client) {
    client.burst(BURST, () -> client.langfuse().observation("step").start().end());
  }

  @Benchmark
  public void childOfHandle(OurClient client) {
    client.burst(BURST, () -> client.outer().observation("step").start().end());
  }
}
