package com.langfuse.sdk.line;

/**
 * Something that leaves by the line: spans, scores, media. Flush and close treat them all alike.
 * Threadsafe.
 */
public interface SideDoor {

  /** Begins to send all that is waiting, and lets the caller wait for it. */
  Wait hurry();

  /** How much is waiting or under way now. */
  long pending();

  /** From now on what the application brings is dropped, and counted: a last flush begins. */
  void refuse();

  /** Stops its threads; what is left is dropped, and counted. */
  void close();

  Ledger ledger();

  /** For what was there when somebody was in a hurry. */
  interface Wait {

    /** Returns when it is settled, when waiting is in vain, or when the time is up. */
    void await(long nanos) throws InterruptedException;

    /** How much of it is not settled. */
    long pending();
  }
}
