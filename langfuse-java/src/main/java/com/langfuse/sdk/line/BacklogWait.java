package com.langfuse.sdk.line;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Waits for the first so many of one queue, and not in vain. */
public final class BacklogWait implements SideDoor.Wait {

  /** How often it looks whether the keys have been refused meanwhile. */
  private static final long GLANCE = TimeUnit.MILLISECONDS.toNanos(20);

  private final Progress progress;
  private final Line line;
  private final BooleanSupplier isOver;
  private final long target;
  private final long refusals;

  /**
   * Begins now: for all that is there.
   *
   * @param isOver whether nobody sends any more
   */
  public BacklogWait(Progress progress, Line line, BooleanSupplier isOver) {
    this.progress = progress;
    this.line = line;
    this.isOver = isOver;
    this.refusals = line.hurry();
    progress.hurry();
    this.target = progress.accepted();
  }

  @Override
  public void await(long nanos) throws InterruptedException {
    long deadline = System.nanoTime() + nanos;
    long left = nanos;
    while (left > 0
        && !isOver.getAsBoolean()
        && progress.await(target, Math.min(left, GLANCE)) > 0
        && line.refusals() <= refusals
        && !line.isGivenUp()) {
      line.hurry();
      left = deadline - System.nanoTime();
    }
  }

  @Override
  public long pending() {
    return progress.unsettled(target);
  }
}
