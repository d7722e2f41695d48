package com.langfuse.sdk;

import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a caller may expect of a result. The function's declared type is not known at run time, so
 * an object may only take a result's place if it is of every type that a declaration could name.
 */
final class Expectation {

  /** What an observed function hands on of another one's; not for the application to name. */
  private static final Set<Class<?>> STAND_INS =
      Set.of(
          FollowedFuture.class,
          FollowedIterator.class,
          FollowedListIterator.class,
          FollowedIterable.class,
          FollowedPublisher.class);

  private Expectation() {}

  /**
   * Whether something that is a {@code kind}, and nothing more, will do.
   *
   * @param kind the interface by which the result is followed
   * @param declared the type to expect, where the user has said it
   */
  static boolean allows(Class<?> kind, Object result, @Nullable Class<?> declared) {
    return declared != null
        ? declared.isAssignableFrom(kind)
        : isKnownOnlyAs(kind, result.getClass());
  }

  private static boolean isKnownOnlyAs(Class<?> kind, @Nullable Class<?> type) {
    if (type == null || type == kind || !kind.isAssignableFrom(type)) {
      return true;
    }
    return !isNameable(type)
        && isKnownOnlyAs(kind, type.getSuperclass())
        && Arrays.stream(type.getInterfaces()).allMatch(above -> isKnownOnlyAs(kind, above));
  }

  /** Whether a declaration in the application's code could say this type's name. */
  private static boolean isNameable(Class<?> type) {
    if (type.isAnonymousClass() || type.isLocalClass() || type.isHidden() || type.isSynthetic()) {
      return false;
    }
    boolean visible =
        Modifier.isPublic(type.getModifiers())
            && type.getModule().isExported(type.getPackageName());
    return visible || !(isPlatform(type.getName()) || STAND_INS.contains(type));
  }

  /** What is not public there is out of the application's reach. */
  private static boolean isPlatform(String name) {
    return name.startsWith("java.")
        || name.startsWith("jdk.")
        || name.startsWith("sun.")
        || name.startsWith("kotlin.");
  }
}
