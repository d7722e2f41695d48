package com.langfuse.sdk.bench;

import java.util.Locale;

/**
 * The first observation of a fresh JVM: milliseconds from the beginning of {@code main} to the end
 * of a block with a map as input, building the client included.
 */
public final class StartUp {

  static final String COLUMNS = "ms to the first observation, median of 5 JVMs";

  private StartUp() {}

  /** The sink, the pipeline, how many spans the sink has before. */
  public static void main(String[] args) {
    long start = System.nanoTime();
    Sink sink = Sink.at(args[0]);
    try (Pipeline pipeline = Pipeline.of(args[1], true, sink)) {
      pipeline.observe(Payloads.maps.ofKilobytes(1), "done");
      long end = System.nanoTime();
      pipeline.flush();
      sink.expect(1, Long.parseLong(args[2]));
      System.out.printf(Locale.ROOT, "%.1f%n", (end - start) / 1e6);
    }
  }
}
