package com.langfuse.sdk.internal;

import io.opentelemetry.api.trace.SpanId;
import io.opentelemetry.api.trace.TraceId;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.sdk.trace.IdGenerator;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Trace ids: from seeds, as others write them, and chosen ones for a genuine root span. */
public final class TraceIds {

  private static final ContextKey<String> CHOSEN = ContextKey.named("langfuse-chosen-trace-id");
  private static final IdGenerator RANDOM = IdGenerator.random();
  private static final int TRACE_ID_BYTES = 16;

  private TraceIds() {}

  /** The first 16 bytes of the seed's SHA-256, as both official SDKs do; random without a seed. */
  public static String fromSeed(@Nullable String seed) {
    if (seed == null || seed.isEmpty()) {
      return RANDOM.generateTraceId();
    }
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(seed.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, TRACE_ID_BYTES);
    } catch (NoSuchAlgorithmException everyJvmHasIt) {
      throw new AssertionError(everyJvmHasIt);
    }
  }

  /** The id in lower case, or null when it is none. */
  public static @Nullable String traceId(@Nullable String text) {
    String id = text == null ? "" : text.strip().toLowerCase(Locale.ROOT);
    return TraceId.isValid(id) ? id : null;
  }

  /** The id in lower case, or null when it is none. */
  public static @Nullable String observationId(@Nullable String text) {
    String id = text == null ? "" : text.strip().toLowerCase(Locale.ROOT);
    return SpanId.isValid(id) ? id : null;
  }

  /** A context in which {@link #generator()} gives the next root span this trace id. */
  public static Context choose(String traceId, Context context) {
    return context.with(CHOSEN, traceId);
  }

  /** Random ids, except where a trace id was chosen: OpenTelemetry has no other way to give one. */
  public static IdGenerator generator() {
    return Generator.INSTANCE;
  }

  private enum Generator implements IdGenerator {
    INSTANCE;

    @Override
    public String generateSpanId() {
      return RANDOM.generateSpanId();
    }

    @Override
    public String generateTraceId() {
      String chosen = Context.current().get(CHOSEN);
      return chosen == null ? RANDOM.generateTraceId() : chosen;
    }
  }
}
