package com.langfuse.sdk.internal;

import com.fasterxml.jackson.annotation.JacksonAnnotationsInside;
import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * How values of a class are copied, which is found out once for each class.
 *
 * @param accessors of a record, in the order of its components
 */
record SnapshotShape(Kind kind, List<Method> accessors) {

  enum Kind {
    /** Cannot change, and is kept. */
    LEAF,
    /** The same, of several objects. */
    TIME,
    COLLECTION,
    ARRAY,
    NUMBERS,
    MAP,
    RECORD,
    /** May change, or Jackson knows more of it. */
    OTHER
  }

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
          UUID.class,
          Instant.class,
          Duration.class,
          LocalDate.class,
          LocalTime.class);

  private static final Set<Class<?>> TIMES =
      Set.of(LocalDateTime.class, OffsetDateTime.class, ZonedDateTime.class);

  private static final ClassValue<SnapshotShape> SHAPES =
      new ClassValue<>() {
        @Override
        protected SnapshotShape computeValue(Class<?> type) {
          return shapeOf(type);
        }
      };

  static SnapshotShape of(Class<?> type) {
    return SHAPES.get(type);
  }

  private static SnapshotShape of(Kind kind) {
    return new SnapshotShape(kind, List.of());
  }

  private static SnapshotShape shapeOf(Class<?> type) {
    if (IMMUTABLE.contains(type)) {
      return of(Kind.LEAF);
    }
    if (TIMES.contains(type)) {
      return of(Kind.TIME);
    }
    if (type.isArray()) {
      Class<?> of = type.getComponentType();
      boolean numbers =
          of == float.class || of == double.class || of == int.class || of == long.class;
      return numbers ? of(Kind.NUMBERS) : of.isPrimitive() ? of(Kind.OTHER) : of(Kind.ARRAY);
    }
    if (Enum.class.isAssignableFrom(type)) {
      return isAnnotated(type) ? of(Kind.OTHER) : of(Kind.LEAF);
    }
    if (type.isRecord()) {
      return recordOf(type);
    }
    if (!isOfAPlatform(type) || PlainValues.isLive(type)) {
      return of(Kind.OTHER);
    }
    return Map.class.isAssignableFrom(type)
        ? of(Kind.MAP)
        : Collection.class.isAssignableFrom(type) ? of(Kind.COLLECTION) : of(Kind.OTHER);
  }

  /** The JDK's, or Kotlin's, whose empty ones and builders are its own. */
  private static boolean isOfAPlatform(Class<?> type) {
    return (type.getClassLoader() == null && type.getName().startsWith("java.util."))
        || type.getName().startsWith("kotlin.collections.");
  }

  /** One that has nothing but its components, and tells Jackson nothing else. */
  private static SnapshotShape recordOf(Class<?> type) {
    RecordComponent[] components = type.getRecordComponents();
    if (isAnnotated(type)
        || PlainValues.isLive(type)
        || PlainValues.isText(type)
        || Arrays.stream(components).anyMatch(each -> tellsJackson(each.getType()))) {
      return of(Kind.OTHER);
    }
    List<Method> accessors = Arrays.stream(components).map(RecordComponent::getAccessor).toList();
    if (hasGetters(type, accessors)) {
      return of(Kind.OTHER);
    }
    try {
      accessors.forEach(accessor -> accessor.setAccessible(true));
    } catch (RuntimeException closedModule) {
      return of(Kind.OTHER);
    }
    return new SnapshotShape(Kind.RECORD, accessors);
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
        isOfJackson(type)
            || tellsJackson(type)
            || Arrays.stream(type.getDeclaredFields()).anyMatch(SnapshotShape::tellsJackson)
            || Arrays.stream(type.getDeclaredMethods()).anyMatch(SnapshotShape::tellsJackson)
            || Arrays.stream(type.getDeclaredConstructors())
                .anyMatch(
                    maker ->
                        tellsJackson(maker)
                            || Arrays.stream(maker.getParameters())
                                .anyMatch(SnapshotShape::tellsJackson));
    return itself
        || isAnnotated(type.getSuperclass())
        || Arrays.stream(type.getInterfaces()).anyMatch(SnapshotShape::isAnnotated);
  }

  private static boolean isOfJackson(Class<?> type) {
    return type.getName().startsWith("com.fasterxml.jackson.");
  }

  private static boolean tellsJackson(AnnotatedElement element) {
    return Arrays.stream(element.getAnnotations())
        .map(Annotation::annotationType)
        .anyMatch(
            type ->
                isOfJackson(type)
                    || type.getName().startsWith("java.beans.") // which Jackson reads as well
                    || type.isAnnotationPresent(JacksonAnnotationsInside.class));
  }
}
