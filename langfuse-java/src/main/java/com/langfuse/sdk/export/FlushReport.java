package com.langfuse.sdk.export;

/**
 * What became of the observations since the last report, and what is still pending. Each one that
 * ended is counted once as exported, failed or dropped; threads that flush at the same time share
 * these counts.
 *
 * <pre>{@code
 * FlushReport report = langfuse.flush(Duration.ofSeconds(5));
 * if (!report.isComplete()) {
 *   logger.warn("Langfuse is behind: {}", report);
 * }
 * }</pre>
 *
 * @param exported accepted by Langfuse
 * @param failed given up: refused by Langfuse, or not reachable until the retries were used up
 * @param dropped never sent, because the queue was full or the client closed
 * @param pending ended before this flush began, and not delivered when its deadline came
 */
public record FlushReport(long exported, long failed, long dropped, long pending) {

  /** What a disabled client reports: there was nothing to deliver. */
  public static final FlushReport EMPTY = new FlushReport(0, 0, 0, 0);

  /** Nothing was lost and nothing is waiting. */
  public boolean isComplete() {
    return failed == 0 && dropped == 0 && pending == 0;
  }
}
