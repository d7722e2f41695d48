package com.langfuse.sdk.internal;

import org.jspecify.annotations.Nullable;

/** Whose classes may be unloaded before the SDK's. */
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

  private static boolean isAbove(ClassLoader loader) {
    @Nullable ClassLoader each = OWN;
    while (each != null && each != loader) {
      each = each.getParent();
    }
    return each == loader;
  }
}
