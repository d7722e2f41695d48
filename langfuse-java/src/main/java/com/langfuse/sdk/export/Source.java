package com.langfuse.sdk.export;

import com.langfuse.sdk.line.Progress;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A place where ended spans wait for the delivery threads: the memory, or a spool's folder. */
interface Source {

  Progress progress();

  /** About how much waits, in bytes. */
  long waitingBytes();

  /**
   * Whether what is not delivered outlives this process; then nothing is given up for lack of time.
   */
  boolean isLasting();

  /** The oldest, at least one if there is one; null when nothing waits. */
  @Nullable Parcel take(int most, long mostBytes);

  /** Spans in the hands of one thread. */
  interface Parcel {

    OtlpBody body() throws IOException;

    /** So many have arrived or are lost. */
    void settle(long spans);

    long unsettled();

    /** Lets go of it, settled or not. */
    void close();
  }
}
