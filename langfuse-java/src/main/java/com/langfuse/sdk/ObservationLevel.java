package com.langfuse.sdk;

/** How much an observation deserves attention; Langfuse filters and colours by it. */
public enum ObservationLevel {
  DEBUG,
  DEFAULT,
  WARNING,
  ERROR
}
