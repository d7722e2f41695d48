package com.langfuse.sdk;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import org.jspecify.annotations.Nullable;

/**
 * The observation in a Context, of which nesting is read. The Context's span slot is set too, but
 * only for others: it may hold an APM tool's span.
 *
 * <p>Observations of several clients may be nested in each other. Each client sees its own.
 */
final class CurrentObservation {

  private static final ContextKey<OtelObservation> KEY = ContextKey.named("langfuse-observation");

  private CurrentObservation() {}

  /**
   * The innermost span that Langfuse gets: mostly one of ours, on a shared provider a library's.
   */
  static OtelObservation orNowhere() {
    Context context = Context.current();
    OtelObservation ours = in(context);
    if (ours != null && ours.span() == Span.fromContext(context)) {
      return ours;
    }
    Langfuse client = Langfuse.in(context);
    Span ofLibrary = client.librarySpan(context);
    if (ofLibrary != null) {
      return new OtelObservation(client, ofLibrary, context);
    }
    return ours == null ? Langfuse.DISABLED.nowhere() : ours;
  }

  /** The innermost one, of whichever client. */
  static @Nullable OtelObservation in(Context context) {
    return context.get(KEY);
  }

  /** The innermost one of this client. */
  static @Nullable OtelObservation in(Context context, Langfuse owner) {
    OtelObservation observation = context.get(KEY);
    while (observation != null && observation.owner() != owner) {
      observation = observation.foreign();
    }
    return observation;
  }

  /** The context belongs to an observation of a client that records. */
  static boolean isRecordingIn(Context context) {
    OtelObservation observation = context.get(KEY);
    while (observation != null && !observation.owner().isEnabled()) {
      observation = observation.foreign();
    }
    return observation != null;
  }

  static Context set(Context context, OtelObservation observation) {
    return context.with(KEY, observation);
  }
}
