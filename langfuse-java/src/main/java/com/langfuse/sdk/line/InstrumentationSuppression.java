package com.langfuse.sdk.line;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Marks the SDK's own requests, so that the OpenTelemetry Java agent and instrumentation libraries
 * do not trace them. It is the mark by which OpenTelemetry's exporters keep out of traces.
 */
final class InstrumentationSuppression {

  /** The newer version's class, and the older one's. */
  private static final List<String> OWNERS =
      List.of(
          "io.opentelemetry.api.impl.InstrumentationUtil",
          "io.opentelemetry.api.internal.InstrumentationUtil");

  /** {@code suppressInstrumentation(Runnable)}; null where OpenTelemetry has none. */
  private static final @Nullable MethodHandle SUPPRESS = find();

  private InstrumentationSuppression() {}

  /** The result of a call that is not traced. */
  static <T> T call(Supplier<T> call) {
    if (SUPPRESS == null) {
      return call.get();
    }
    AtomicReference<@Nullable T> result = new AtomicReference<>();
    try {
      SUPPRESS.invoke((Runnable) () -> result.set(call.get()));
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable impossible) {
      throw new IllegalStateException(impossible);
    }
    return Objects.requireNonNull(result.get(), "result");
  }

  private static @Nullable MethodHandle find() {
    MethodType type = MethodType.methodType(void.class, Runnable.class);
    for (String owner : OWNERS) {
      try {
        Class<?> util = Class.forName(owner);
        return MethodHandles.publicLookup().findStatic(util, "suppressInstrumentation", type);
      } catch (ReflectiveOperationException | LinkageError otherVersion) {
        // The next one.
      }
    }
    return null;
  }
}
