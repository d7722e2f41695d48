package com.langfuse.sdk.bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/**
 * What the calling thread spends on one operation: nanoseconds on the processor and bytes
 * allocated, in the bursts alone. JMH's own numbers are wall clock time, which on a machine that
 * others use too says little, and the bytes of all threads, delivery included.
 */
public final class CallerCost implements InternalProfiler {

  static final String NANOS = "caller.cpu";
  static final String BYTES = "caller.alloc";

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static long operations;
  private static long nanos;
  private static long bytes;

  @Override
  public String getDescription() {
    return "Processor time and allocation of the thread that calls";
  }

  /** Runs so many operations on this thread, and counts what they cost it. */
  static void of(long howMany, Runnable burst) {
    long bytesBefore = THREADS.getCurrentThreadAllocatedBytes();
    long nanosBefore = THREADS.getCurrentThreadCpuTime();
    burst.run();
    nanos += THREADS.getCurrentThreadCpuTime() - nanosBefore;
    bytes += THREADS.getCurrentThreadAllocatedBytes() - bytesBefore;
    operations += howMany;
  }

  @Override
  public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
    operations = 0;
    nanos = 0;
    bytes = 0;
  }

  @Override
  public Collection<? extends Result> afterIteration(
      BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
    return operations == 0
        ? List.of()
        : List.of(each(NANOS, nanos, "ns/op"), each(BYTES, bytes, "B/op"));
  }

  private static ScalarResult each(String name, long sum, String unit) {
    return new ScalarResult(name, (double) sum / operations, unit, AggregationPolicy.AVG);
  }
}
