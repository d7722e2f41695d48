/**
 * The way out: a span processor hands ended observations to the delivery line, which keeps them in
 * memory or in a spool, sends them in batches, and tells the truth about what became of them.
 */
@NullMarked
package com.langfuse.sdk.export;

import org.jspecify.annotations.NullMarked;
