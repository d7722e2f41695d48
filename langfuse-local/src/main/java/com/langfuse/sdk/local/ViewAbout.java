package com.langfuse.sdk.local;

import org.jspecify.annotations.Nullable;

/** How to point an SDK here, in JSON. */
record ViewAbout(
    String baseUrl, String publicKey, @Nullable String secretKey, @Nullable String version) {}
