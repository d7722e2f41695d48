package com.langfuse.sdk.local.assertion;

import com.langfuse.sdk.local.LocalObservation;

/** Span ids are unique within a trace only. */
record ObservationKey(String traceId, String id) {

  static ObservationKey of(LocalObservation observation) {
    return new ObservationKey(observation.traceId(), observation.id());
  }
}
