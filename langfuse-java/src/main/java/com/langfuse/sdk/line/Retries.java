package com.langfuse.sdk.line;

import java.time.Duration;
import java.util.Deque;
import java.util.Iterator;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What failed for a reason that may lie in it, and waits for its next try while others are sent.
 * While nothing is accepted the server may be down: then a few take turns with a pause after each
 * try. For one thread, but for {@link #removeAll} and {@link #isEmpty}.
 */
public final class Retries<T> {

  /** Failed tries of the same, between which others were accepted, before it is suspected. */
  private static final int MIN_TRIES = 2;

  /** Failed tries of a suspect before it is given up. */
  private static final int LAST_TRIES = 6;

  /** What waits while nothing is accepted; others are not begun. */
  private static final int MAX_IN_DOUBT = 2;

  private final Line line;
  private final Deque<Retry<T>> waiting = new ConcurrentLinkedDeque<>();
  private long accepted;
  private int failuresInARow;
  private long pausedAt;
  private Duration pause = Duration.ZERO;

  public Retries(Line line) {
    this.line = line;
  }

  /** One thing and the tries that it has behind it. */
  public static final class Retry<T> {
    private final T value;
    private final long start;
    private int tries;
    private int suspicions;
    private boolean othersPass;
    private boolean suspect;
    private long acceptedBefore;
    private long pausedAt;
    private Duration pause = Duration.ZERO;

    private Retry(T value, long start, long acceptedBefore) {
      this.value = value;
      this.start = start;
      this.acceptedBefore = acceptedBefore;
    }

    public T value() {
      return value;
    }

    /** Failed tries so far. */
    public int tries() {
      return tries;
    }

    /** Counts a try that says what is wrong. */
    public void tried() {
      tries++;
    }

    /** Whether it failed while others were accepted. */
    public boolean isSuspect() {
      return suspect;
    }

    /** A part of it was accepted, so the server is well. */
    public void suspect() {
      suspect = true;
    }
  }

  /** Has no tries behind it. */
  public Retry<T> first(T value) {
    return new Retry<>(value, System.nanoTime(), accepted);
  }

  /** A part of something that has been tried as a whole. */
  public Retry<T> part(Retry<T> whole, T value) {
    Retry<T> part = new Retry<>(value, whole.start, accepted);
    part.tries = whole.tries;
    part.suspect = whole.suspect;
    return part;
  }

  /** Something was accepted. */
  public void accepted() {
    accepted++;
    failuresInARow = 0;
  }

  /** A try failed; {@link #keep}, divide or give up what was tried. */
  public void failed(Retry<T> retry) {
    retry.tries++;
    retry.othersPass = accepted > retry.acceptedBefore;
    retry.acceptedBefore = accepted;
    retry.suspect |= retry.othersPass && retry.tries >= MIN_TRIES;
  }

  /** Keeps it until its next try is due; false when it is to be given up. */
  public boolean keep(Retry<T> retry, Outcome outcome) {
    retry.pause = line.pause(outcome, retry.tries);
    retry.pausedAt = System.nanoTime();
    if (!retry.suspect) {
      pause = line.pauseAfter(++failuresInARow);
      pausedAt = retry.pausedAt;
    } else if (retry.othersPass || line.isWell()) {
      retry.suspicions++;
    }
    if (retry.suspicions >= LAST_TRIES || line.isOver(retry.start, retry.pause)) {
      return false;
    }
    waiting.add(retry);
    return true;
  }

  /** One that is due, the oldest first; null when there is none, or others are to go first. */
  public @Nullable Retry<T> takeDue(boolean othersWait) {
    boolean othersFirst = failuresInARow > 0 && othersWait && doubtful() < MAX_IN_DOUBT;
    for (Iterator<Retry<T>> each = waiting.iterator(); each.hasNext(); ) {
      Retry<T> retry = each.next();
      boolean takesTurns = failuresInARow > 0 && !retry.suspect;
      boolean due =
          takesTurns
              ? !othersFirst && line.isPauseOver(pausedAt, pause)
              : line.isPauseOver(retry.pausedAt, retry.pause);
      if (due) {
        each.remove();
        return retry;
      }
    }
    return null;
  }

  /** Whether something else may be begun. */
  public boolean admitsNew() {
    return failuresInARow == 0 || (doubtful() < MAX_IN_DOUBT && line.isPauseOver(pausedAt, pause));
  }

  private long doubtful() {
    return waiting.stream().filter(retry -> !retry.suspect).count();
  }

  public boolean isEmpty() {
    return waiting.isEmpty();
  }

  public boolean anyMatch(Predicate<T> test) {
    return waiting.stream().anyMatch(retry -> test.test(retry.value()));
  }

  public void removeIf(Predicate<T> test) {
    waiting.removeIf(retry -> test.test(retry.value()));
  }

  /** For closing; threadsafe. */
  public void removeAll(Consumer<T> each) {
    for (Retry<T> left = waiting.poll(); left != null; left = waiting.poll()) {
      each.accept(left.value());
    }
  }
}
