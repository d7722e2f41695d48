package com.langfuse.sdk.bench;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.infra.Blackhole;

/** A block with nothing in it. */
@OperationsPerInvocation(PerObservation.BURST)
public class BlockBenchmark extends PerObservation {

  @Benchmark
  public void byHand(ByHand hand, Blackhole hole) {
    hand.burst(BURST, () -> hand.block("span", hole::consume));
  }

  @Benchmark
  public void byHandQueued(ByHand.Queued hand, Blackhole hole) {
    hand.burst(BURST, () -> hand.block("span", hole::consume));
  }

  @Benchmark
  public void block(OurClient client, Blackhole hole) {
    run(client, hole);
  }

  @Benchmark
  public void notSampled(OurClient.Unsampled client, Blackhole hole) {
    run(client, hole);
  }

  @Benchmark
  public void disabled(OurClient.Disabled client, Blackhole hole) {
    run(client, hole);
  }

  private static void run(OurClient client, Blackhole hole) {
    client.burst(BURST, () -> client.langfuse().observation("step").run(hole::consume));
  }
}
