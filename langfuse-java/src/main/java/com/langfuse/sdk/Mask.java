package com.langfuse.sdk;

import com.langfuse.sdk.export.AttributeMask;
import org.jspecify.annotations.Nullable;

/**
 * Takes out of a value what must not leave the process. Applied to what the application hands to an
 * observation (input, output, metadata, model parameters, status messages, trace input and output)
 * and to a score (comment, metadata, free text) before it is written as text, on the caller's
 * thread. Not asked about names, ids, numbers and propagated attributes, which are there to be
 * searched for.
 *
 * <pre>{@code
 * Langfuse.builder().mask(value -> value instanceof String text ? redact(text) : value)
 * }</pre>
 *
 * <p>It gets the raw object: a map, a record, a text; return a replacement of any type, or null to
 * leave the field out. If it throws, the field is fully masked. For attributes of other tracers'
 * spans there is {@link AttributeMask}.
 */
@FunctionalInterface
public interface Mask {

  /** What is kept of a value when its mask failed. */
  String FAILED = AttributeMask.FAILED;

  @Nullable Object mask(Object value);
}
