package com.langfuse.sdk.local;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A span off the wire, whichever encoding it came in.
 *
 * @param startNanos since the epoch; 0 when absent
 * @param endNanos since the epoch; 0 when absent
 * @param status UNSET, OK or ERROR
 * @param statusMessage empty when absent
 */
record ReceivedSpan(
    String traceId,
    String spanId,
    @Nullable String parentId,
    String name,
    long startNanos,
    long endNanos,
    Attributes attributes,
    List<LocalEvent> events,
    String status,
    String statusMessage,
    Origin origin) {

  private static final List<String> STATUS_NAMES = List.of("UNSET", "OK", "ERROR");

  /** The resource and instrumentation scope a span was sent under. */
  record Origin(Attributes resource, String scopeName, String scopeVersion) {}

  /** Refuses ids that are missing, for which the server refuses the whole export. */
  static String requireId(String id, String which, String spanName) throws RefusedException {
    if (id.isEmpty()) {
      throw new RefusedException("Span '%s' has no %s".formatted(spanName, which));
    }
    return id;
  }

  /** The name of OTLP's numeric status code; codes of the future count as unset. */
  static String statusName(int code) {
    return statusName(code >= 0 && code < STATUS_NAMES.size() ? STATUS_NAMES.get(code) : "");
  }

  /** The same for a code given by name. */
  static String statusName(String name) {
    return STATUS_NAMES.contains(name) ? name : STATUS_NAMES.get(0);
  }
}
