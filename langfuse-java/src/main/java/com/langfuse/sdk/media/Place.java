package com.langfuse.sdk.media;

/** What a file belongs to. */
record Place(String traceId, String observationId, MediaField field) {

  /** Instead of the record's own text: with it the JDK keeps the class of the field. */
  String key() {
    return String.join(" ", traceId, observationId, field.name());
  }
}
