package com.langfuse.sdk;

import com.langfuse.sdk.internal.QuietLog;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The times that a span can carry: nanoseconds since 1970, as a long. */
final class Timestamps {

  private static final Instant LAST = Instant.ofEpochSecond(0, Long.MAX_VALUE);

  private Timestamps() {}

  /** The time, or null with a warning where a span cannot carry it. */
  static @Nullable Instant usable(String name, @Nullable Instant time, QuietLog log) {
    if (time == null || (!time.isBefore(Instant.EPOCH) && !time.isAfter(LAST))) {
      return time;
    }
    log.warn(name, name + " " + time + " is not sent: it has to be from 1970 to 2262.");
    return null;
  }
}
