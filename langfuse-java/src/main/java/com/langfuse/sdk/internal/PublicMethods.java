package com.langfuse.sdk.internal;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Calls public methods of classes that are not known at compile time. A method is looked up once
 * for each class; what is kept for a class is of the JDK's and that class's own types.
 */
final class PublicMethods {

  private static final MethodType CALL = MethodType.methodType(Object.class, Object.class);
  private static final MethodType CALL_WITH_ONE =
      MethodType.methodType(Object.class, Object.class, Object.class);

  private static final ClassValue<Map<String, Optional<MethodHandle>>> FOUND =
      new ClassValue<>() {
        @Override
        protected Map<String, Optional<MethodHandle>> computeValue(Class<?> type) {
          return new ConcurrentHashMap<>();
        }
      };

  private PublicMethods() {}

  /**
   * Calls the method.
   *
   * @throws NoSuchMethodException if the value has no such public method
   * @throws Throwable what the method throws
   */
  static @Nullable Object call(Object value, String name) throws Throwable {
    return present(find(value.getClass(), name, 0), value, name).invokeExact(value);
  }

  /** The same, for a method that takes any object. */
  static @Nullable Object call(Object value, String name, Object argument) throws Throwable {
    return present(find(value.getClass(), name, 1), value, name).invokeExact(value, argument);
  }

  private static MethodHandle present(@Nullable MethodHandle found, Object value, String name)
      throws NoSuchMethodException {
    if (found == null) {
      throw new NoSuchMethodException(value.getClass().getName() + "." + name);
    }
    return found;
  }

  /** The same; null for a value without such a method. */
  static @Nullable Object callIfPresent(Object value, String name) throws Throwable {
    MethodHandle handle = find(value.getClass(), name, 0);
    return handle == null ? null : handle.invokeExact(value);
  }

  static boolean has(Class<?> type, String name) {
    return find(type, name, 0) != null;
  }

  private static @Nullable MethodHandle find(Class<?> type, String name, int arguments) {
    return FOUND
        .get(type)
        .computeIfAbsent(name, key -> Optional.ofNullable(lookUp(type, key, arguments)))
        .orElse(null);
  }

  /** The class of a value may be hidden, its interfaces and superclasses are not. */
  private static @Nullable MethodHandle lookUp(Class<?> type, String name, int arguments) {
    Class<?>[] parameters = arguments == 0 ? new Class<?>[0] : new Class<?>[] {Object.class};
    MethodType call = arguments == 0 ? CALL : CALL_WITH_ONE;
    for (Class<?> each : typesOf(type)) {
      try {
        Method method = each.getMethod(name, parameters);
        if (Modifier.isPublic(each.getModifiers()) && !Modifier.isStatic(method.getModifiers())) {
          return MethodHandles.publicLookup().unreflect(method).asType(call);
        }
      } catch (ReflectiveOperationException | LinkageError | SecurityException notThere) {
        // The next type may declare it.
      }
    }
    return null;
  }

  /** The class, its superclasses and all their interfaces, the nearest first. */
  static Set<Class<?>> typesOf(Class<?> type) {
    Set<Class<?>> types = new LinkedHashSet<>();
    for (Class<?> each = type; each != null; each = each.getSuperclass()) {
      types.add(each);
      addInterfaces(each, types);
    }
    return types;
  }

  private static void addInterfaces(Class<?> type, Set<Class<?>> types) {
    for (Class<?> each : type.getInterfaces()) {
      if (types.add(each)) {
        addInterfaces(each, types);
      }
    }
  }
}
