package com.langfuse.sdk.internal;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How the delivery line was told to work, checked.
 *
 * @param flushAt observations in one batch
 * @param flushInterval how long an ended observation waits for company at most
 * @param immediate whether it waits at all
 * @param queueCapacity observations that may wait in memory
 * @param queueBytes what they may weigh together
 * @param retryFor how long one batch is tried
 * @param gzip whether exports of traces are compressed
 * @param spool the folder that keeps what is not delivered yet; null for memory alone
 * @param spoolBytes what may be kept there
 */
public record DeliverySettings(
    int flushAt,
    Duration flushInterval,
    boolean immediate,
    int queueCapacity,
    long queueBytes,
    Duration retryFor,
    boolean gzip,
    @Nullable Path spool,
    long spoolBytes) {

  public static final int QUEUE_CAPACITY = 200_000;
  public static final Duration RETRY_FOR = Duration.ofMinutes(10);
  public static final long SPOOL_BYTES = 1L << 30;

  static final String FLUSH_AT = "LANGFUSE_FLUSH_AT";
  static final String FLUSH_INTERVAL = "LANGFUSE_FLUSH_INTERVAL";

  private static final long MOST_QUEUE_BYTES = 512L << 20;
  private static final Duration LONGEST_RETRY = Duration.ofDays(1);
  private static final int SMALLEST_SPOOL = 1 << 20;

  public DeliverySettings {
    Settings.requireSensible("flushInterval", FLUSH_INTERVAL, flushInterval);
    atLeast("flushAt (" + FLUSH_AT + ")", flushAt, 1, 512);
    atLeast("queueCapacity", queueCapacity, 1, QUEUE_CAPACITY);
    atLeast("queueBytes", queueBytes, 1, MOST_QUEUE_BYTES);
    atLeast("spoolBytes", spoolBytes, SMALLEST_SPOOL, SPOOL_BYTES);
    Settings.require(
        !retryFor.isNegative() && retryFor.compareTo(LONGEST_RETRY) <= 0,
        () -> "retryFor is " + retryFor + ": write a time from 0, for no retries, to 1 day");
  }

  /** A quarter of the heap: the program needs the rest. */
  public static long defaultQueueBytes() {
    return Math.min(MOST_QUEUE_BYTES, Runtime.getRuntime().maxMemory() / 4);
  }

  private static void atLeast(String name, long value, long smallest, long example) {
    Settings.require(
        value >= smallest,
        () -> name + " is " + value + ": write " + smallest + " or more, e.g. " + example);
  }
}
