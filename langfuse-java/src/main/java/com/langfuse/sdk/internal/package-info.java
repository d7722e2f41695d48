/** Rooms without a door to the street: words of the wire, JSON, settings, log. Not exported. */
@NullMarked
package com.langfuse.sdk.internal;

import org.jspecify.annotations.NullMarked;
