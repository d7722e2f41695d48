package com.langfuse.sdk.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How all of them are measured: what one observation costs its caller, see {@link CallerCost}.
 *
 * <p>An invocation is a burst, short enough to fit into the queue; between two of them, unmeasured,
 * the queue is delivered. So the caller pays for everything it pays for in a program, up to and
 * including the queue, but neither shares the processor with the delivery threads nor meets a full
 * queue.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(5)
@Warmup(iterations = 12, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 300, timeUnit = TimeUnit.MILLISECONDS)
public abstract class PerObservation {

  static final int BURST = 1_000;

  /** For large payloads: their queue is bounded by bytes. */
  static final int SHORT_BURST = 100;
}
