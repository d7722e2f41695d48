package com.langfuse.sdk.bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.Locale;

/**
 * Observations of 2 KB, made by one thread and delivered; no two in a row say the same, or gzip
 * would have little to do. It makes a burst, waits until the burst has arrived, and goes on, so
 * that no queue gets full and nothing is lost. Prints a row: what the caller's thread and the whole
 * process spend on the processor for one of them, how many were delivered in a second, how many
 * have arrived.
 */
public final class EndToEnd {

  static final String COLUMNS =
      "caller CPU, µs each | process CPU, µs each | delivered in a second | arrived | lost";

  static final int BURST = 10_000;

  /** Until the compiler has nothing left to do, which takes longer than the measurement. */
  private static final int WARM_UPS = 150;

  /** The HTTP client's code needs many requests, and in a burst there are few. */
  private static final int SMALL_REQUESTS = 100;

  private static final int PAYLOADS = 256;

  private EndToEnd() {}

  /** The sink, the pipeline, {@code gzip} or {@code plain}, how many. */
  public static void main(String[] args) throws Exception {
    Sink sink = Sink.at(args[0]);
    int count = Integer.parseInt(args[3]);
    Object[] payloads = new Object[PAYLOADS];
    Arrays.setAll(payloads, i -> Payloads.maps.ofKilobytes(1, i));
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    OperatingSystemMXBean process =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    try (Pipeline pipeline = Pipeline.of(args[1], args[2].equals("gzip"), sink)) {
      long before = sink.spans();
      for (int i = 0; i < WARM_UPS; i++) {
        burst(pipeline, BURST, payloads);
        pipeline.flush();
        for (int j = 0; j < SMALL_REQUESTS; j++) {
          burst(pipeline, 1, payloads);
          pipeline.flush();
        }
      }
      sink.expect(WARM_UPS * (BURST + SMALL_REQUESTS), before);
      before += WARM_UPS * (BURST + SMALL_REQUESTS);
      long wall = System.nanoTime();
      long all = process.getProcessCpuTime();
      long caller = 0;
      for (int done = 0; done < count; done += BURST) {
        long start = threads.getCurrentThreadCpuTime();
        burst(pipeline, Math.min(BURST, count - done), payloads);
        caller += threads.getCurrentThreadCpuTime() - start;
        pipeline.flush();
      }
      all = process.getProcessCpuTime() - all;
      wall = System.nanoTime() - wall;
      sink.expect(count, before);
      System.out.printf(
          Locale.ROOT,
          "%.2f | %.2f | %,.0f | %,d | 0%n",
          caller / 1e3 / count,
          all / 1e3 / count,
          count / (wall / 1e9),
          count);
    }
  }

  private static void burst(Pipeline pipeline, int count, Object[] payloads) {
    for (int i = 0; i < count; i++) {
      pipeline.observe(payloads[i % PAYLOADS], payloads[(i + 1) % PAYLOADS]);
    }
  }
}
