package com.langfuse.sdk.export;

import com.fasterxml.jackson.databind.JsonNode;
import com.langfuse.sdk.line.Outcome;
import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * What a successful response says about spans that were not taken; see the "Partial Success" of
 * opentelemetry.io/docs/specs/otlp. Such spans are not to be sent again.
 *
 * @param rejected from 0 to the number of spans in the request, whatever the response says
 * @param message for people; may be there without a rejection, and is a warning then
 */
record PartialSuccess(int rejected, String message) {

  static PartialSuccess of(Outcome outcome, int sent) {
    JsonNode json = outcome.answer() == null ? null : outcome.answer().json();
    if (json == null || json.isEmpty()) {
      return new PartialSuccess(0, "");
    }
    JsonNode errors = json.path("errors");
    if (errors.isArray() && !errors.isEmpty()) { // as /ingestion; Langfuse did so in its version 3
      return new PartialSuccess(Math.min(errors.size(), sent), errors.path(0).toString());
    }
    JsonNode partial = either(json, "partialSuccess", "partial_success");
    JsonNode rejected = either(partial, "rejectedSpans", "rejected_spans");
    String message = either(partial, "errorMessage", "error_message").asText();
    return new PartialSuccess(bounded(rejected, sent), message);
  }

  private static JsonNode either(JsonNode node, String name, String protoName) {
    return node.has(name) ? node.path(name) : node.path(protoName);
  }

  /** Of a number, or of a text as OTLP JSON has it; what is neither rejects nothing. */
  private static int bounded(JsonNode count, int most) {
    if (Double.isInfinite(count.asDouble())) { // a JSON number beyond all bounds
      return count.asDouble() > 0 ? most : 0;
    }
    try {
      BigDecimal stated = new BigDecimal(count.asText("0").strip());
      BigDecimal bounded = stated.max(BigDecimal.ZERO).min(BigDecimal.valueOf(most));
      return bounded.setScale(0, RoundingMode.CEILING).intValue();
    } catch (NumberFormatException notANumber) {
      return 0;
    }
  }
}
