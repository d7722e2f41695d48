package com.langfuse.sdk;

import java.util.ListIterator;
import org.jspecify.annotations.Nullable;

/**
 * What {@code List.of(…).iterator()} gives is one of these, so its stand-in must be one. Going back
 * tells nothing new.
 */
final class FollowedListIterator<T extends @Nullable Object> extends FollowedIterator<T>
    implements ListIterator<T> {

  private final ListIterator<T> source;

  FollowedListIterator(ListIterator<T> source, OpenStream open) {
    super(source, open);
    this.source = source;
  }

  @Override
  public boolean hasPrevious() {
    return source.hasPrevious();
  }

  @Override
  public T previous() {
    return source.previous();
  }

  @Override
  public int nextIndex() {
    return source.nextIndex();
  }

  @Override
  public int previousIndex() {
    return source.previousIndex();
  }

  @Override
  public void set(T item) {
    source.set(item);
  }

  @Override
  public void add(T item) {
    source.add(item);
  }
}
