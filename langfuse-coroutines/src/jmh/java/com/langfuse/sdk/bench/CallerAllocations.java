package com.langfuse.sdk.bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/**
 * Bytes that the caller's threads allocate for one operation. JMH's own {@code gc} profiler counts
 * the delivery threads, too.
 */
public final class CallerAllocations implements InternalProfiler {

  static final String NAME = "caller.alloc.norm";

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private Map<Long, Long> before = Map.of();

  @Override
  public String getDescription() {
    return "Allocation by the threads that call";
  }

  @Override
  public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
    before = allocated();
  }

  @Override
  public Collection<? extends Result> afterIteration(
      BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
    long bytes = 0;
    for (Map.Entry<Long, Long> thread : allocated().entrySet()) {
      bytes += thread.getValue() - before.getOrDefault(thread.getKey(), 0L);
    }
    long operations = Math.max(1, result.getMetadata().getAllOps());
    double each = (double) bytes / operations;
    return List.of(new ScalarResult(NAME, each, "B/op", AggregationPolicy.AVG));
  }

  private Map<Long, Long> allocated() {
    Map<Long, Long> bytes = new HashMap<>();
    for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
      if (thread != null && isCaller(thread.getThreadName())) {
        bytes.put(thread.getThreadId(), threads.getThreadAllocatedBytes(thread.getThreadId()));
      }
    }
    return bytes;
  }

  private static boolean isCaller(String thread) {
    return thread.contains("-jmh-worker-") || thread.startsWith("DefaultDispatcher-");
  }
}
