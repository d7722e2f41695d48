/**
 * For tests with JUnit 5: {@link com.langfuse.sdk.junit5.LangfuseExtension} has a client and the
 * Langfuse it sends to, and knows what the test traced.
 */
@NullMarked
package com.langfuse.sdk.junit5;

import org.jspecify.annotations.NullMarked;
