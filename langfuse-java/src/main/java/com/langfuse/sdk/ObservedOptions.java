package com.langfuse.sdk;

import com.langfuse.sdk.internal.QuietLog;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What is recorded of an observed function's arguments and result.
 *
 * @param inputNames empty where the arguments have no names
 * @param transform null where the result itself is recorded
 * @param returns null where nobody said what the function is declared to return
 */
record ObservedOptions(
    boolean captureInput,
    boolean captureOutput,
    boolean collect,
    List<String> inputNames,
    @Nullable Function<Object, ? extends @Nullable Object> transform,
    @Nullable Class<?> returns) {

  static ObservedOptions capturing(boolean capture) {
    return new ObservedOptions(capture, capture, true, List.of(), null, null);
  }

  ObservedOptions withCaptureInput(boolean wanted) {
    return new ObservedOptions(wanted, captureOutput, collect, inputNames, transform, returns);
  }

  ObservedOptions withCaptureOutput(boolean wanted) {
    return new ObservedOptions(captureInput, wanted, collect, inputNames, transform, returns);
  }

  ObservedOptions withCollect(boolean wanted) {
    return new ObservedOptions(captureInput, captureOutput, wanted, inputNames, transform, returns);
  }

  ObservedOptions withInputNames(String @Nullable ... names) {
    List<String> all =
        names == null ? List.of() : Arrays.stream(names).map(String::valueOf).toList();
    return new ObservedOptions(captureInput, captureOutput, collect, all, transform, returns);
  }

  ObservedOptions withTransform(Function<Object, ? extends @Nullable Object> wanted) {
    return new ObservedOptions(captureInput, captureOutput, collect, inputNames, wanted, returns);
  }

  ObservedOptions withReturns(Class<?> declared) {
    return new ObservedOptions(
        captureInput, captureOutput, collect, inputNames, transform, declared);
  }

  /** The arguments in the shape they are recorded in; null for nothing to record. */
  @Nullable Object input(@Nullable Object @Nullable ... arguments) {
    if (!captureInput || arguments == null || arguments.length == 0) {
      return null;
    }
    if (!inputNames.isEmpty()) {
      return named(arguments);
    }
    return arguments.length == 1 ? arguments[0] : Arrays.asList(arguments);
  }

  private Map<String, @Nullable Object> named(@Nullable Object... arguments) {
    Map<String, @Nullable Object> named = new LinkedHashMap<>();
    for (int i = 0; i < arguments.length; i++) {
      named.put(i < inputNames.size() ? inputNames.get(i) : "arg" + i, arguments[i]);
    }
    return named;
  }

  /** What to record instead of this result; never throws. */
  @Nullable Object output(Object result, QuietLog log) {
    if (transform == null) {
      return result;
    }
    try {
      return transform.apply(result);
    } catch (Throwable t) {
      String type = t.getClass().getName();
      log.warn("output", "The output transform of an observed function threw " + type + ".", t);
      return "<output transform failed: " + t.getClass().getSimpleName() + ">";
    }
  }
}
