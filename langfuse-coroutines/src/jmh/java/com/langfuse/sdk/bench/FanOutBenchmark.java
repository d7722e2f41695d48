package com.langfuse.sdk.bench;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * One child of an {@code async} fan-out on {@code Dispatchers.Default}, suspended once. {@code
 * bare} is the same without any spans. So many at once are delivered meanwhile: these rows are
 * about wall clock time, and vary most.
 */
@State(Scope.Benchmark)
@OperationsPerInvocation(FanOutBenchmark.ALL)
public class FanOutBenchmark extends PerObservation {

  static final int ALL = 100_000;

  @Param({"1000", "10000", "100000"})
  public int children;

  @Benchmark
  public void bare() {
    Suspending.bareFanOuts(ALL / children, children);
  }

  @Benchmark
  public void byHand(ByHand hand) {
    hand.elsewhere(ALL, () -> Suspending.fanOuts(hand.tracer(), ALL / children, children));
  }

  @Benchmark
  public void blocks(OurClient client) {
    client.elsewhere(
        ALL, () -> Suspending.fanOuts(client.langfuse(), client.outer(), ALL / children, children));
  }
}
