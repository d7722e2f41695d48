package com.langfuse.sdk;

import com.langfuse.sdk.export.LangfuseSpanProcessor;
import com.langfuse.sdk.score.ScoreDelivery;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.TracerProvider;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a client is made of; put together by the builder.
 *
 * @param choosingTracer the same for traces whose id is chosen: OpenTelemetry looks twice at each
 *     id that it has not made itself
 * @param processor null when the client is disabled
 * @param scores null when the client is disabled
 * @param ownsProvider false on a provider of the application's, whose life is not ours
 * @param separate whether our traces keep apart from the application's
 * @param claimsInBaggage whether called services are told that the trace has its top-most span
 * @param captureIo whether observed functions record arguments and results, unless told otherwise
 * @param exitTimeout how long the JVM's end may wait for what is left; null where it delivers none
 */
record Wiring(
    Tracer tracer,
    Tracer choosingTracer,
    @Nullable LangfuseSpanProcessor processor,
    @Nullable ScoreDelivery scores,
    SpanWriter writer,
    boolean ownsProvider,
    boolean separate,
    boolean claimsInBaggage,
    boolean captureIo,
    @Nullable Duration exitTimeout) {

  static Wiring disabled(SpanWriter writer) {
    Tracer none = TracerProvider.noop().get("disabled");
    return new Wiring(none, none, null, null, writer, true, false, false, true, null);
  }
}
