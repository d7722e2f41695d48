package com.langfuse.sdk.export;

import io.opentelemetry.sdk.trace.data.SpanData;
import org.jspecify.annotations.Nullable;

/**
 * Sees every attribute of every span, and of its events, just before it leaves: also those that
 * other tracers wrote. Runs on the delivery thread.
 *
 * <pre>{@code
 * Langfuse.builder().attributeMask((span, name, value) ->
 *     name.startsWith("gen_ai.prompt") && value instanceof String text ? redact(text) : value)
 * }</pre>
 *
 * <p>Return the value itself, a replacement (text, number, boolean, or a list of one of them), or
 * null to leave the attribute out. If it throws, the attribute is fully masked.
 */
@FunctionalInterface
public interface AttributeMask {

  @Nullable Object mask(SpanData span, String name, Object value);
}
