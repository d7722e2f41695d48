package com.langfuse.sdk.score;

import org.jspecify.annotations.Nullable;

/**
 * Takes scores of what is not at hand as an observation: traces that ended long ago, sessions, runs
 * over a dataset.
 *
 * <pre>{@code
 * langfuse.scores().create(Score.bool("helpful", true).trace(traceId).comment("thumbs up"));
 * }</pre>
 *
 * Threadsafe. Implemented by the SDK only; methods may be added.
 */
public interface Scores {

  /**
   * Hands a score over; it is sent within a second or so, and at once by a flush.
   *
   * <p>Never throws and never blocks. One that Langfuse would not take is a warning in the log, and
   * counted as failed with status 400. A score of a trace that the client's sample rate leaves out
   * is left out as well; a disabled client leaves out all of them.
   */
  void create(@Nullable Score score);
}
