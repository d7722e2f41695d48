package com.langfuse.sdk.local;

import java.util.Map;

/**
 * A span event, such as the {@code exception} OpenTelemetry records. Langfuse itself never reads
 * them; they are kept so that a test can see what other backends would get.
 *
 * @param name as sent
 * @param attributes in the order sent; values are typed as in {@link LocalObservation#attributes()}
 */
public record LocalEvent(String name, Map<String, Object> attributes) {

  /** Copies the attributes, keeping their order. */
  public LocalEvent {
    attributes = Ordered.copy(attributes);
  }
}
