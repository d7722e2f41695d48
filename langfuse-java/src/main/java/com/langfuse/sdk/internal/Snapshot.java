package com.langfuse.sdk.internal;

import com.fasterxml.jackson.annotation.JacksonAnnotationsInside;
import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.UUID;
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

  private static final Object NONE = new Object();

  private static final Set<Class<?>> IMMUTABLE =
      Set.of(
          String.class,
          Boolean.class,
          Character.class,
          Byte.class,
          Short.class,
          Integer.class,
          Long.class,
          Float.class,
          Double.class,
          BigInteger.class,
          BigDecimal.class,
          UUID.class,
          URI.class,
          Instant.class,
          Duration.class,
          LocalDate.class,
          LocalTime.class,
          LocalDateTime.class,
          OffsetDateTime.class,
          ZonedDateTime.class);

  private enum Kind {
    LEAF,
    COLLECTION,
    ARRAY,
    NUMBERS,
    MAP,
    RECORD,
    OTHER
  }

  private record Shape(Kind kind, List<Method> accessors) {
    static final Shape OTHER = new Shape(Kind.OTHER, List.of());
  }

  private static final ClassValue<Shape> SHAPES =
      new ClassValue<>() {
        @Override
        protected Shape computeValue(Class<?> type) {
          return shapeOf(type);
        }
      };

  private int values;
  private long characters;

  private Snapshot() {}

  /** Null where there is none. */
  static @Nullable LaterText take(Object value, JsonEncoder encoder) {
    Snapshot snapshot = new Snapshot();
    Object copy = snapshot.copy(value, 0);
    return copy == NONE || copy == null
        ? null
        : new LaterText(encoder, copy, snapshot.characters + 8L * snapshot.values);
  }

  private @Nullable Object copy(@Nullable Object value, int depth) {
    values++;
    if (value == null) {
      return null;
    }
    if (value instanceof String text) {
      characters += text.length();
      return text;
    }
    Shape shape = SHAPES.get(value.getClass());
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
      characters += key.length();
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
      characters += accessor.getName().length();
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

  private static Shape shapeOf(Class<?> type) {
    if (IMMUTABLE.contains(type)) {
      return new Shape(Kind.LEAF, List.of());
    }
    if (type.isArray()) {
      Class<?> of = type.getComponentType();
      boolean numbers =
          of == float.class || of == double.class || of == int.class || of == long.class;
      return numbers
          ? new Shape(Kind.NUMBERS, List.of())
          : of.isPrimitive() ? Shape.OTHER : new Shape(Kind.ARRAY, List.of());
    }
    if (Enum.class.isAssignableFrom(type)) {
      return isAnnotated(type) ? Shape.OTHER : new Shape(Kind.LEAF, List.of());
    }
    if (type.isRecord()) {
      return recordOf(type);
    }
    if (!isOfAPlatform(type) || PlainValues.isLive(type)) {
      return Shape.OTHER;
    }
    return Map.class.isAssignableFrom(type)
        ? new Shape(Kind.MAP, List.of())
        : Collection.class.isAssignableFrom(type)
            ? new Shape(Kind.COLLECTION, List.of())
            : Shape.OTHER;
  }

  /** The JDK's, or Kotlin's, whose empty ones and builders are its own. */
  private static boolean isOfAPlatform(Class<?> type) {
    return (type.getClassLoader() == null && type.getName().startsWith("java.util."))
        || type.getName().startsWith("kotlin.collections.");
  }

  /** One that has nothing but its components, and tells Jackson nothing else. */
  private static Shape recordOf(Class<?> type) {
    if (isAnnotated(type) || PlainValues.isLive(type) || PlainValues.isText(type)) {
      return Shape.OTHER;
    }
    RecordComponent[] components = type.getRecordComponents();
    List<Method> accessors = Arrays.stream(components).map(RecordComponent::getAccessor).toList();
    if (hasGetters(type, accessors)) {
      return Shape.OTHER;
    }
    try {
      accessors.forEach(accessor -> accessor.setAccessible(true));
    } catch (RuntimeException closedModule) {
      return Shape.OTHER;
    }
    return new Shape(Kind.RECORD, accessors);
  }

  private static boolean hasGetters(Class<?> type, List<Method> accessors) {
    return Arrays.stream(type.getMethods())
        .filter(method -> !accessors.contains(method))
        .filter(method -> method.getDeclaringClass() != Object.class)
        .filter(method -> !Modifier.isStatic(method.getModifiers()))
        .filter(method -> method.getParameterCount() == 0)
        .anyMatch(
            method -> method.getName().startsWith("get") || method.getName().startsWith("is"));
  }

  /** Whether Jackson is told anything by it, or by what it extends. */
  private static boolean isAnnotated(@Nullable Class<?> type) {
    if (type == null || type == Object.class) {
      return false;
    }
    boolean itself =
        tellsJackson(type)
            || Arrays.stream(type.getDeclaredFields()).anyMatch(Snapshot::tellsJackson)
            || Arrays.stream(type.getDeclaredMethods()).anyMatch(Snapshot::tellsJackson)
            || Arrays.stream(type.getDeclaredConstructors())
                .anyMatch(
                    maker ->
                        tellsJackson(maker)
                            || Arrays.stream(maker.getParameters())
                                .anyMatch(Snapshot::tellsJackson));
    return itself
        || isAnnotated(type.getSuperclass())
        || Arrays.stream(type.getInterfaces()).anyMatch(Snapshot::isAnnotated);
  }

  private static boolean tellsJackson(AnnotatedElement element) {
    return Arrays.stream(element.getAnnotations())
        .map(Annotation::annotationType)
        .anyMatch(
            type ->
                type.getName().startsWith("com.fasterxml.jackson.")
                    || type.isAnnotationPresent(JacksonAnnotationsInside.class));
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
