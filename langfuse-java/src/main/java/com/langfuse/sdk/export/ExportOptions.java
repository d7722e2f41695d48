package com.langfuse.sdk.export;

import org.jspecify.annotations.Nullable;

/**
 * What leaves, as the client's builder was told.
 *
 * @param filter which spans
 * @param attributeMask what of them; null for everything
 * @param shared whether other tracers' spans come by too
 * @param alone whether all spans are observations of one client, all are sent, and no other
 *     processor looks at them: then nobody has to be asked
 * @param readsBaggage whether attributes that other services sent along count
 * @param masksCallersOnly a mask is set for what the application records, but none for other
 *     tracers
 */
public record ExportOptions(
    SpanFilter filter,
    @Nullable AttributeMask attributeMask,
    boolean shared,
    boolean alone,
    boolean readsBaggage,
    boolean masksCallersOnly) {}
