package com.langfuse.sdk.local;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The spans in a request's body: its headers checked, inflated, decoded.
 *
 * @param problem why Langfuse would refuse the whole export; null if it would not
 */
record TraceExport(List<ReceivedSpan> spans, @Nullable RefusedException problem) {

  static final TraceExport NONE = new TraceExport(List.of(), null);

  static final String PATH = "/api/public/otel/v1/traces";

  private static final int NEWEST_INGESTION_VERSION = 4;

  /** Never throws: a body that is no export has no spans and a problem. */
  static TraceExport of(Call call) {
    try {
      return new TraceExport(decode(call), null);
    } catch (RefusedException refused) {
      return new TraceExport(List.of(), refused);
    }
  }

  /** One that this server fails to decode, as it may for want of memory. */
  static TraceExport failed(Throwable e) {
    return new TraceExport(
        List.of(), new RefusedException(500, "Could not decode this request: " + e));
  }

  private static List<ReceivedSpan> decode(Call call) throws RefusedException {
    byte[] content = call.content();
    checkIngestionVersion(call.header("x-langfuse-ingestion-version"));
    if (isJson(call)) {
      return JsonDecoder.decode(content);
    } else if (contentType(call).contains("application/x-protobuf")) {
      return ProtobufDecoder.decode(content);
    }
    throw new RefusedException(
        "Content-Type must be application/x-protobuf or application/json, not '%s'"
            .formatted(contentType(call)));
  }

  static boolean isJson(Call call) {
    return contentType(call).contains("application/json");
  }

  private static String contentType(Call call) {
    String header = call.header("content-type");
    return header == null ? "" : header.toLowerCase(Locale.ROOT);
  }

  private static void checkIngestionVersion(@Nullable String header) throws RefusedException {
    if (header == null) {
      return;
    }
    try {
      if (Integer.parseInt(header.strip()) <= NEWEST_INGESTION_VERSION) {
        return;
      }
    } catch (NumberFormatException notANumber) {
      // Refused below, like a number that is too high.
    }
    throw new RefusedException(
        "x-langfuse-ingestion-version must be an integer up to %d, not '%s'"
            .formatted(NEWEST_INGESTION_VERSION, header));
  }
}
