package com.langfuse.sdk.internal;

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
  private static final int DEEP = GuardedSerializer.MAX_DEPTH - 1;

  private static final int MANY = GuardedSerializer.MAX_NODES / 2;

  /** In bytes, as the memory holds them. */
  private static final int VALUE = 8;

  private static final int CONTAINER = 48;

  private static final Object NONE = new Object();

  private int values;
  private long weight;

  private Snapshot() {}

  /** Null where there is none. */
  static @Nullable LaterText take(Object value, JsonEncoder encoder) {
    Snapshot snapshot = new Snapshot();
    Object copy = snapshot.copy(value, 0);
    return copy == NONE || copy == null
        ? null
        : new LaterText(encoder, copy, snapshot.weight + (long) VALUE * snapshot.values);
  }

  private @Nullable Object copy(@Nullable Object value, int depth) {
    values++;
    if (value == null) {
      return null;
    }
    if (value instanceof String text) {
      weight += text.length();
      return text;
    }
    SnapshotShape shape = SnapshotShape.of(value.getClass());
    return switch (shape.kind()) {
      case LEAF -> value;
      case COLLECTION -> elements(((Collection<?>) value).toArray(), depth);
      case ARRAY -> elements(((Object[]) value).clone(), depth);
      case NUMBERS -> numbers(value);
      case MAP -> entries((Map<?, ?>) value, depth);
      case RECORD -> fields(value, shape.accessors(), depth);
      case OTHER -> NONE;
    };
  }

  private Object elements(@Nullable Object[] copy, int depth) {
    // An array of a narrower type would not take what stands for its elements.
    @Nullable Object[] all =
        copy.getClass() == Object[].class ? copy : Arrays.copyOf(copy, copy.length, Object[].class);
    return isWithin(depth, all.length) && copied(all, 0, 1, depth) ? Arrays.asList(all) : NONE;
  }

  private Object entries(Map<?, ?> map, int depth) {
    @Nullable Object[] all = new @Nullable Object[2 * map.size()];
    int next = 0;
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      if (next == all.length || !(entry.getKey() instanceof String key)) {
        return NONE;
      }
      weight += key.length();
      all[next++] = key;
      all[next++] = entry.getValue();
    }
    return next == all.length && isWithin(depth, next) && copied(all, 1, 2, depth)
        ? new Fields(all)
        : NONE;
  }

  private Object fields(Object value, List<Method> accessors, int depth) {
    @Nullable Object[] all = new @Nullable Object[2 * accessors.size()];
    for (int i = 0; i < accessors.size(); i++) {
      Method accessor = accessors.get(i);
      all[2 * i] = accessor.getName();
      weight += accessor.getName().length();
      try {
        all[2 * i + 1] = accessor.invoke(value);
      } catch (ReflectiveOperationException failing) {
        return NONE;
      }
    }
    return isWithin(depth, all.length) && copied(all, 1, 2, depth) ? new Fields(all) : NONE;
  }

  private Object numbers(Object array) {
    Object copy =
        array instanceof float[] floats
            ? floats.clone()
            : array instanceof double[] doubles
                ? doubles.clone()
                : array instanceof int[] ints ? ints.clone() : ((long[]) array).clone();
    values += java.lang.reflect.Array.getLength(copy);
    return copy;
  }

  private boolean isWithin(int depth, int more) {
    weight += CONTAINER;
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
