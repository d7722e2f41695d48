package com.langfuse.sdk.propagation;

import io.opentelemetry.api.baggage.propagation.W3CBaggagePropagator;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import java.util.List;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Carries the trace across processes in the W3C headers {@code traceparent} and {@code baggage},
 * for HTTP clients and servers, message queues and jobs that nobody instruments.
 *
 * <pre>{@code
 * TraceHeaders.inject(request::header);                                   // the caller
 * try (Scope scope = TraceHeaders.extract(request::getHeader).makeCurrent()) {  // the called
 *   langfuse.observation("handle").run(…);                               // a child across the wire
 * }
 * }</pre>
 *
 * <p>User, session and the like travel only from within a scope that was opened with {@code
 * asBaggage()}. With {@code separateTraces} the trace that travels is the application's, not ours.
 * Not needed where OpenTelemetry's instrumentation carries these headers already.
 */
public final class TraceHeaders {

  private static final TextMapPropagator TRACE = W3CTraceContextPropagator.getInstance();
  private static final TextMapPropagator TRACE_AND_BAGGAGE =
      TextMapPropagator.composite(TRACE, W3CBaggagePropagator.getInstance());

  private TraceHeaders() {}

  /**
   * Writes the current context into headers.
   *
   * @param setter takes a header's name and value, such as {@code map::put}
   */
  public static void inject(BiConsumer<String, String> setter) {
    Objects.requireNonNull(setter, "setter");
    TRACE_AND_BAGGAGE.inject(
        Context.current(),
        setter,
        (headers, name, value) -> {
          if (headers != null) {
            headers.accept(name, value);
          }
        });
  }

  /**
   * The caller's context, to be made current around the work for it. Begins from nothing: what is
   * current here plays no part.
   *
   * @param getter a header's value by its lower-case name, or null
   */
  public static Context extract(Function<String, @Nullable String> getter) {
    Objects.requireNonNull(getter, "getter");
    return extract(TRACE_AND_BAGGAGE, getter);
  }

  /**
   * The same without the baggage: for servers that anybody can call, since anybody can write {@code
   * baggage: langfuse_user_id=…}.
   */
  public static Context extractWithoutBaggage(Function<String, @Nullable String> getter) {
    Objects.requireNonNull(getter, "getter");
    return extract(TRACE, getter);
  }

  /** Where parts of OpenTelemetry do not fit each other no trace is found; a client says so. */
  private static Context extract(
      TextMapPropagator propagator, Function<String, @Nullable String> getter) {
    try {
      return propagator.extract(Context.root(), getter, new Getter());
    } catch (LinkageError otherVersion) {
      return Context.root();
    }
  }

  private static final class Getter implements TextMapGetter<Function<String, @Nullable String>> {

    @Override
    public Iterable<String> keys(Function<String, @Nullable String> headers) {
      return List.of(); // neither propagator asks for them
    }

    @Override
    public @Nullable String get(@Nullable Function<String, @Nullable String> headers, String name) {
      try {
        return headers == null ? null : headers.apply(name);
      } catch (RuntimeException unreadable) {
        return null;
      }
    }
  }
}
