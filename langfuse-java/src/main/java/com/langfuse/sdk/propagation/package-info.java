/** What every observation of a scope shares: user, session, tags and the like. */
@NullMarked
package com.langfuse.sdk.propagation;

import org.jspecify.annotations.NullMarked;
