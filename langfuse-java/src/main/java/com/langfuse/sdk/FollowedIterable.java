package com.langfuse.sdk;

import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/** Tells how far each iterator of a lazy iterable is read. */
final class FollowedIterable<T extends @Nullable Object> implements Iterable<T> {

  private final Iterable<T> source;
  private final Readings readings;

  FollowedIterable(Iterable<T> source, Readings readings) {
    this.source = source;
    this.readings = readings;
  }

  @Override
  public Iterator<T> iterator() {
    OpenStream open = readings.next();
    return new FollowedIterator<>(open.pull(source::iterator), open);
  }
}
