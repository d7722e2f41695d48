package com.langfuse.sdk.internal;

import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A copy of a value of the application's, of which nothing can change any more and which is written
 * as the same JSON. Taking one costs a fraction of writing JSON, and shares all texts.
 *
 * <p>Only what is provably alike is copied: the JDK's and Kotlin's lists, sets and maps with text
 * keys, arrays, plain records, and a closed list of immutable values. One value of another kind
 * anywhere, and there is no snapshot.
 */
final class Snapshot {

  /** So deep, or so much, that the guards of the JSON writer might cut it: that is up to them. */
  private static final int DEEP = Limits.DEFAULT.depth() - 1;

  private static final int MANY = 50_000;

  // In bytes, about as the memory holds them.
  private static final int PLACE = 8;
  private static final int LEAF = 32;
  private static final int TIME = 128;
  private static final int TEXT = 48;
  private static final int KEY = 16; // most are shared
  private static final int CONTAINER = 64;

  /** Up to here a snapshot may be larger than its text: what holds it is not much smaller. */
  private static final int LITTLE = 2_048;

  private static final int MUCH_MORE = 5;

  /** The clock is read at every 64th record. */
  private static final int CLOCK_MASK = 63;

  private static final long MAX_NANOS = Limits.DEFAULT.time().toNanos();

  private static final Object NONE = new Object();

  private int values;
  private int records;
  private long start;

  /** Of the copy, and of all that only it may still hold. */
  private long weight;

  /** About how long the text will be. */
  private long length;

  private Snapshot() {}

  /** Null where there is none, or where it would hold much more memory than the text. */
  static @Nullable LaterText take(Object value, JsonEncoder encoder) {
    Snapshot snapshot = new Snapshot();
    Object copy = snapshot.copy(value, 0);
    return copy == NONE
            || copy == null
            || snapshot.weight > Math.max(LITTLE, MUCH_MORE * snapshot.length)
        ? null
        : new LaterText(encoder, copy, snapshot.weight);
  }

  private @Nullable Object copy(@Nullable Object value, int depth) {
    values++;
    add(PLACE, 5);
    if (value == null) {
      return null;
    }
    if (value instanceof String text) {
      add(TEXT + text.length(), text.length());
      return text;
    }
    Class<?> type = value.getClass();
    return switch (SnapshotShape.kindOf(type)) {
      case LEAF -> leaf(value, LEAF, 3);
      case TIME -> leaf(value, TIME, 20);
      case COLLECTION -> collection((Collection<?>) value, depth);
      case VIEW -> view((Collection<?>) value, depth);
      case LOCKED_VIEW -> lockedView((Collection<?>) value, depth);
      case ARRAY -> elements((Object[]) value, depth);
      case NUMBERS -> numbers(value, depth);
      case MAP -> entries((Map<?, ?>) value, depth);
      case RECORD -> fields(value, SnapshotShape.accessors(type), depth);
      case OTHER -> NONE;
    };
  }

  private void add(long bytes, long characters) {
    weight += bytes;
    length += characters;
  }

  private Object leaf(Object value, int bytes, int characters) {
    add(bytes, characters);
    return value;
  }

  private Object collection(Collection<?> value, int depth) {
    return value.size() < MANY ? list(value.toArray(), depth) : NONE;
  }

  /** Element by element: what is behind it may have more of them than it says, even without end. */
  private Object view(Collection<?> value, int depth) {
    int size = value.size();
    if (size >= MANY) {
      return NONE;
    }
    @Nullable Object[] all = new @Nullable Object[size];
    int next = 0;
    for (Object element : value) {
      if (next == size) {
        return NONE;
      }
      all[next++] = element;
    }
    return next == size ? list(all, depth) : NONE;
  }

  private Object lockedView(Collection<?> value, int depth) {
    synchronized (value) {
      return view(value, depth);
    }
  }

  /** Into an array of its own: that one is the application's. */
  private Object elements(@Nullable Object[] from, int depth) {
    return from.length < MANY
        ? list(Arrays.copyOf(from, from.length, Object[].class), depth)
        : NONE;
  }

  private Object list(@Nullable Object[] all, int depth) {
    return isWithin(depth, all.length) && copied(all, 0, 1, depth) ? Arrays.asList(all) : NONE;
  }

  private Object entries(Map<?, ?> map, int depth) {
    if (map.size() >= MANY) {
      return NONE;
    }
    @Nullable Object[] all = new @Nullable Object[2 * map.size()];
    int next = 0;
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      if (next == all.length || !(entry.getKey() instanceof String key)) {
        return NONE;
      }
      add(PLACE + KEY + key.length(), key.length() + 3);
      all[next++] = key;
      all[next++] = entry.getValue();
    }
    return next == all.length && isWithin(depth, next) && copied(all, 1, 2, depth)
        ? new Fields(all)
        : NONE;
  }

  private Object fields(Object value, List<Method> accessors, int depth) {
    if (isSlow()) {
      return NONE; // accessors may take any time
    }
    @Nullable Object[] all = new @Nullable Object[2 * accessors.size()];
    for (int i = 0; i < accessors.size(); i++) {
      Method accessor = accessors.get(i);
      all[2 * i] = accessor.getName();
      add(PLACE, accessor.getName().length() + 3);
      try {
        all[2 * i + 1] = accessor.invoke(value);
      } catch (ReflectiveOperationException failing) {
        return NONE;
      }
    }
    return isWithin(depth, all.length) && copied(all, 1, 2, depth) ? new Fields(all) : NONE;
  }

  private boolean isSlow() {
    if (records++ == 0) {
      start = System.nanoTime();
    }
    return (records & CLOCK_MASK) == 0 && System.nanoTime() - start > MAX_NANOS;
  }

  private Object numbers(Object array, int depth) {
    int count = Array.getLength(array);
    if (!isWithin(depth, count)) {
      return NONE;
    }
    values += count;
    add((long) PLACE * count, (long) PLACE * count);
    return array instanceof float[] floats
        ? floats.clone()
        : array instanceof double[] doubles
            ? doubles.clone()
            : array instanceof int[] ints ? ints.clone() : ((long[]) array).clone();
  }

  private boolean isWithin(int depth, int more) {
    add(CONTAINER, 2);
    return depth < DEEP && values + more < MANY;
  }

  /** Puts copies in place of the elements. */
  private boolean copied(@Nullable Object[] all, int first, int step, int depth) {
    for (int i = first; i < all.length; i += step) {
      Object element = copy(all[i], depth + 1);
      if (element == NONE) {
        return false;
      }
      all[i] = element;
    }
    return true;
  }

  /** Names and values in turn, as a map that is only read. */
  private static final class Fields extends AbstractMap<String, @Nullable Object> {
    private final @Nullable Object[] all;

    Fields(@Nullable Object[] all) {
      this.all = all;
    }

    @Override
    public Set<Entry<String, @Nullable Object>> entrySet() {
      return new AbstractSet<>() {
        @Override
        public int size() {
          return all.length / 2;
        }

        @Override
        public Iterator<Entry<String, @Nullable Object>> iterator() {
          return new Iterator<>() {
            private int next;

            @Override
            public boolean hasNext() {
              return next < all.length;
            }

            @Override
            public Entry<String, @Nullable Object> next() {
              if (!hasNext()) {
                throw new NoSuchElementException();
              }
              next += 2;
              return new SimpleImmutableEntry<>((String) all[next - 2], all[next - 1]);
            }
          };
        }
      };
    }
  }
}
