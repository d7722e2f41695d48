package com.langfuse.sdk.bench;

import java.util.Locale;

/**
 * What the heap holds for an observation that is open, and for one that waits in the queue with 2
 * KB of text of its own. Prints a row: bytes of one.
 */
public final class Memory {

  static final String COLUMNS = "bytes each";

  private Memory() {}

  /** The sink, the pipeline, {@code open} or {@code queued}, how many. */
  public static void main(String[] args) throws Exception {
    Sink sink = Sink.at(args[0]);
    int count = Integer.parseInt(args[3]);
    try (Pipeline pipeline = Pipeline.holding(args[1], count, sink)) {
      queue(pipeline, 100); // classes and buffers that are there only once
      pipeline.flush();
      long before = sink.spans();
      long empty = held();
      Object[] open = args[2].equals("open") ? open(pipeline, count) : queue(pipeline, count);
      long bytes = held() - empty - 16 - 4L * open.length;
      for (Object each : open) {
        pipeline.end(each);
      }
      pipeline.flush();
      sink.expect(count, before);
      System.out.printf(Locale.ROOT, "%,d%n", bytes / count);
    }
  }

  private static Object[] open(Pipeline pipeline, int count) {
    Object[] open = new Object[count];
    for (int i = 0; i < count; i++) {
      open[i] = pipeline.open();
    }
    return open;
  }

  private static Object[] queue(Pipeline pipeline, int count) {
    String text = Payloads.prose(1020, 1);
    for (int i = 0; i < count; i++) {
      pipeline.observe(text + i, text + -i);
    }
    return new Object[0];
  }

  /** Of the heap, when what nobody holds has been collected. */
  private static long held() throws InterruptedException {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 5; i++) {
      System.gc();
      Thread.sleep(100);
      Runtime heap = Runtime.getRuntime();
      least = Math.min(least, heap.totalMemory() - heap.freeMemory());
    }
    return least;
  }
}
