package com.langfuse.sdk.export;

/**
 * Is told what was lost, soon after: for an alarm of your own. Called on a thread of its own, one
 * call after the other; what it throws is logged.
 *
 * <pre>{@code
 * Langfuse.builder().delivery(line -> line.listener(loss -> alarm.raise(loss.toString())))
 * }</pre>
 */
@FunctionalInterface
public interface DeliveryListener {

  void lost(Loss loss);

  /**
   * Something that Langfuse will never get.
   *
   * @param kind {@code observations}, {@code scores} or {@code media}
   * @param count how many; several losses of one cause may be told together
   * @param dropped true when they were never sent: the queue was full, or the client closed
   * @param status of the answer that ended it; 0 when there was none. A status of success stands
   *     for an answer that accepts nothing: one that rejects them, or one that is not Langfuse's
   * @param reason for people: the server's address, and what it answered or why it did not
   */
  record Loss(String kind, long count, boolean dropped, int status, String reason) {}
}
