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
 * How values of a class are copied, which is found out once for each class. What is kept for a
 * class is of the JDK's own types: the JDK's classes live longer than an application that is
 * deployed anew.
 */
final class SnapshotShape {

  enum Kind {
    /** Cannot change, and is kept. */
    LEAF,
    /** The same, of several objects. */
    TIME,
    /** Keeps its elements itself. */
    COLLECTION,
    /** Another collection may be behind it. */
    VIEW,
    /** The same, and it is its own lock. */
    LOCKED_VIEW,
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

  /** How names of collections begin that keep their elements themselves. */
  private static final List<String> OWN_ELEMENTS =
      List.of(
          "java.util.ImmutableCollections$",
          "java.util.Arrays$ArrayList",
          "java.util.ArrayList",
          "java.util.ArrayDeque",
          "java.util.LinkedList",
          "java.util.HashSet",
          "java.util.LinkedHashSet",
          "java.util.TreeSet",
          "java.util.Vector",
          "java.util.concurrent.");

  private static final List<Kind> ALL_KINDS = List.of(Kind.values());

  private static final ClassValue<Integer> KINDS =
      new ClassValue<>() {
        @Override
        @SuppressWarnings("EnumOrdinal") // a number is the JDK's, and nobody stores it
        protected Integer computeValue(Class<?> type) {
          return find(type).ordinal();
        }
      };

  private static final ClassValue<List<Method>> ACCESSORS =
      new ClassValue<>() {
        @Override
        protected List<Method> computeValue(Class<?> type) {
          return accessorsOf(type.getRecordComponents());
        }
      };

  private SnapshotShape() {}

  static Kind kindOf(Class<?> type) {
    return ALL_KINDS.get(KINDS.get(type));
  }

  /** Of a {@link Kind#RECORD}, in the order of its components. */
  static List<Method> accessors(Class<?> type) {
    return ACCESSORS.get(type);
  }

  private static List<Method> accessorsOf(RecordComponent[] components) {
    List<Method> accessors = Arrays.stream(components).map(RecordComponent::getAccessor).toList();
    accessors.forEach(accessor -> accessor.setAccessible(true));
    return accessors;
  }

  private static Kind find(Class<?> type) {
    if (IMMUTABLE.contains(type)) {
      return Kind.LEAF;
    }
    if (TIMES.contains(type)) {
      return Kind.TIME;
    }
    if (type.isArray()) {
      Class<?> of = type.getComponentType();
      boolean numbers =
          of == float.class || of == double.class || of == int.class || of == long.class;
      return numbers ? Kind.NUMBERS : of.isPrimitive() ? Kind.OTHER : Kind.ARRAY;
    }
    if (Enum.class.isAssignableFrom(type)) {
      return isAnnotated(type) ? Kind.OTHER : Kind.LEAF;
    }
    if (type.isRecord()) {
      return recordOf(type);
    }
    if (!isOfAPlatform(type) || PlainValues.isLive(type)) {
      return Kind.OTHER;
    }
    return Map.class.isAssignableFrom(type)
        ? Kind.MAP
        : !Collection.class.isAssignableFrom(type) ? Kind.OTHER : kindOfCollection(type.getName());
  }

  private static Kind kindOfCollection(String name) {
    return OWN_ELEMENTS.stream().anyMatch(name::startsWith)
        ? Kind.COLLECTION
        : name.startsWith("java.util.Collections$Synchronized") ? Kind.LOCKED_VIEW : Kind.VIEW;
  }

  /** The JDK's, or Kotlin's, whose empty ones and builders are its own. */
  private static boolean isOfAPlatform(Class<?> type) {
    return (type.getClassLoader() == null && type.getName().startsWith("java.util."))
        || type.getName().startsWith("kotlin.collections.");
  }

  /** One that has nothing but its components, and tells Jackson nothing else. */
  private static Kind recordOf(Class<?> type) {
    RecordComponent[] components = type.getRecordComponents();
    if (isAnnotated(type)
        || KotlinClass.of(type) != null
        || PlainValues.isLive(type)
        || PlainValues.isText(type)
        || PlainValues.isOfSystem(type)
        || PlainValues.isIterable(type)
        || CharSequence.class.isAssignableFrom(type)
        || ForeignValues.formOf(type) != null
        || components.length == 0
        || Arrays.stream(components).anyMatch(each -> isAnnotated(each.getType()))) {
      return Kind.OTHER;
    }
    try {
      return hasGetters(type, accessorsOf(components)) ? Kind.OTHER : Kind.RECORD;
    } catch (RuntimeException closedModule) {
      return Kind.OTHER;
    }
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
  static boolean isAnnotated(@Nullable Class<?> type) {
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
