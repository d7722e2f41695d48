package com.langfuse.sdk.bench;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/**
 * One suspension and resumption of a coroutine: what it costs to have the right context current
 * behind it. By hand that is OpenTelemetry's element in {@code withContext}; {@code bare} has none.
 * Ours is the element in {@code withContext}, given to the coroutine's builder, and the block.
 */
@OperationsPerInvocation(PerObservation.BURST)
public class ResumeBenchmark extends PerObservation {

  @Benchmark
  public void bare() {
    CallerCost.of(BURST, () -> Suspending.yields(BURST));
  }

  @Benchmark
  public void byHand(ByHand hand) {
    CallerCost.of(BURST, () -> Suspending.yieldsInWithContext(hand.context(), BURST));
  }

  @Benchmark
  public void inWithContext(OurClient client) {
    CallerCost.of(BURST, () -> Suspending.yieldsInWithContext(client.outer(), BURST));
  }

  @Benchmark
  public void inBuilder(OurClient client) {
    CallerCost.of(BURST, () -> Suspending.yieldsInBuilder(client.outer(), BURST));
  }

  @Benchmark
  public void inBlock(OurClient client) {
    CallerCost.of(BURST, () -> Suspending.yieldsInBlock(client.outer(), BURST));
  }
}
