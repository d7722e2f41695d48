package com.langfuse.sdk.media;

/** What a file belongs to. */
record Place(String traceId, String observationId, MediaField field) {}
