/**
 * Images, sound and other files in traces: taken out of what is recorded, uploaded beside it, and
 * shown by Langfuse in its place.
 */
@NullMarked
package com.langfuse.sdk.media;

import org.jspecify.annotations.NullMarked;
