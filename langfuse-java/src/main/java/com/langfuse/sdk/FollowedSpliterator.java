package com.langfuse.sdk;

import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.util.Comparator;
import java.util.Spliterator;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Tells how far a stream is read. Does not split, so that there is one end to tell of. */
final class FollowedSpliterator<T extends @Nullable Object> implements Spliterator<T> {

  private final Spliterator<T> source;
  private final OpenStream open;

  FollowedSpliterator(Spliterator<T> source, OpenStream open) {
    this.source = source;
    this.open = open;
  }

  @Override
  public boolean tryAdvance(Consumer<? super T> action) {
    Slot<T> slot = new Slot<>();
    if (!open.pull(() -> source.tryAdvance(slot))) {
      open.complete();
      return false;
    }
    slot.handOn(open, action);
    return true;
  }

  /** In one go, for a source may have to buffer when it is asked for single items. */
  @Override
  public void forEachRemaining(Consumer<? super T> action) {
    Context reader = Context.current();
    open.run(
        () ->
            source.forEachRemaining(
                item -> {
                  try (Scope ignored = reader.makeCurrent()) {
                    open.handOn(item, action);
                  }
                }));
    open.complete();
  }

  @Override
  public @Nullable Spliterator<T> trySplit() {
    return null;
  }

  @Override
  public long estimateSize() {
    return source.estimateSize();
  }

  /** Of an unknown size: {@code count()} of a known one would never read it to its end. */
  @Override
  public int characteristics() {
    return source.characteristics() & ~(SIZED | SUBSIZED);
  }

  @Override
  public @Nullable Comparator<? super T> getComparator() {
    return source.getComparator();
  }

  /** Keeps an item until the observation is no longer current. */
  private static final class Slot<T extends @Nullable Object> implements Consumer<T> {

    private @Nullable T item;

    @Override
    public void accept(T next) {
      item = next;
    }

    @SuppressWarnings("NullAway") // null only where the source handed on null
    void handOn(OpenStream open, Consumer<? super T> reader) {
      open.handOn(item, reader);
    }
  }
}
