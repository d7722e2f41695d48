package com.langfuse.sdk.bench;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/**
 * A suspend block, by hand a span and {@code withContext(span.asContextElement())}. {@code bare} is
 * a span by hand that is never current.
 */
@OperationsPerInvocation(PerObservation.BURST)
public class SuspendBenchmark extends PerObservation {

  @Benchmark
  public void bare(ByHand hand) {
    hand.together(BURST, () -> Suspending.bareSpans(hand.tracer(), BURST));
  }

  @Benchmark
  public void byHand(ByHand hand) {
    hand.together(BURST, () -> Suspending.spans(hand.tracer(), BURST, false));
  }

  @Benchmark
  public void block(OurClient client) {
    client.together(BURST, () -> Suspending.blocks(client.langfuse(), BURST, false));
  }
}
