/** Langfuse for applications whose OpenTelemetry is set up by environment variables. */
@NullMarked
package com.langfuse.sdk.opentelemetry;

import org.jspecify.annotations.NullMarked;
