package com.langfuse.sdk.export;

import io.opentelemetry.sdk.trace.data.SpanData;
import org.jspecify.annotations.Nullable;

/**
 * Sees every attribute of every span, of its events and links, just before it leaves: also those
 * that other tracers wrote. The text of a span's status comes by as {@code
 * langfuse.observation.status_message}. Names of spans and attributes of the resource are not
 * covered. Runs on the delivery threads, or, with a spool, on the thread that ends the span: what
 * is masked never reaches the disk.
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

  /** What is kept of a value when its mask failed; the same text in every SDK of Langfuse. */
  String FAILED = "<fully masked due to failed mask function>";

  @Nullable Object mask(SpanData span, String name, Object value);
}
