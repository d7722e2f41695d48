/**
 * The way out: a span processor that hands ended observations to one delivery line (queue, batch,
 * encode, send) and tells the truth about what became of them.
 */
@NullMarked
package com.langfuse.sdk.export;

import org.jspecify.annotations.NullMarked;
