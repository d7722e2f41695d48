package com.langfuse.sdk.line;

/**
 * Something that leaves by the line: spans, scores, media. Flush and close treat them all alike.
 * Threadsafe.
 */
public interface SideDoor {

  /** Begins to send all that is waiting, without waiting for it. */
  void hurry();

  /**
   * Waits until all that was accepted before the call is settled.
   *
   * @return how many of it are not, when the time is up
   */
  long await(long nanos) throws InterruptedException;

  /** From now on what the application brings is dropped, and counted: a last flush begins. */
  void refuse();

  /** Stops its threads; what is left is dropped, and counted. */
  void close();

  Ledger ledger();
}
