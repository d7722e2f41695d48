/**
 * The one line to Langfuse, which spans, scores and media share: what waits, how it is sent and
 * tried again, and what became of it. Not part of the API.
 */
@NullMarked
package com.langfuse.sdk.line;

import org.jspecify.annotations.NullMarked;
