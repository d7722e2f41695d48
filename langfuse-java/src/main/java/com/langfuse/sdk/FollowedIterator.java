package com.langfuse.sdk;

import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/** Tells how far an iterator is read. For one thread, like what it follows. */
class FollowedIterator<T extends @Nullable Object> implements Iterator<T> {

  private final Iterator<T> source;
  private final OpenStream open;
  private boolean promised;

  FollowedIterator(Iterator<T> source, OpenStream open) {
    this.source = source;
    this.open = open;
  }

  @Override
  public boolean hasNext() {
    promised = open.pull(source::hasNext);
    if (!promised) {
      open.complete();
    }
    return promised;
  }

  @Override
  public T next() {
    T item = open.pull(source::next, !promised);
    promised = false;
    open.accept(item);
    return item;
  }

  @Override
  public void remove() {
    source.remove();
  }
}
