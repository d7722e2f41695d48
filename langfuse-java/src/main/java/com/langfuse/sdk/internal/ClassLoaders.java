package com.langfuse.sdk.internal;

import org.jspecify.annotations.Nullable;

/** Which classes live as long as the JVM, and which may be unloaded before the SDK's. */
public final class ClassLoaders {

  private static final ClassLoader OWN = ClassLoaders.class.getClassLoader();

  private ClassLoaders() {}

  /**
   * Returns whether a class may be unloaded before the SDK's, as those of an application that
   * shares the SDK with others: false for the SDK's own class loader, and for those above it.
   */
  public static boolean mayGoBeforeSdk(Class<?> type) {
    ClassLoader loader = type.getClassLoader();
    return loader != null && loader != OWN && !isAbove(loader);
  }

  /** Returns whether the SDK's classes are those of the program itself, and never unloaded. */
  public static boolean isSdkOfJvm() {
    return isOfJvm(OWN);
  }

  /** Returns whether the classes of a class loader are never unloaded. */
  public static boolean isOfJvm(@Nullable ClassLoader loader) {
    return loader == null || isAmong(loader, ClassLoader.getSystemClassLoader());
  }

  private static boolean isAbove(ClassLoader loader) {
    return isAmong(loader, OWN);
  }

  private static boolean isAmong(ClassLoader loader, @Nullable ClassLoader lowest) {
    ClassLoader each = lowest;
    while (each != null && each != loader) {
      each = each.getParent();
    }
    return each == loader;
  }
}
