package com.langfuse.sdk.local;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Metadata of observation and trace, merged; later prefixes win, and single keys over a whole. */
final class Metadata {

  private static final List<String> PREFIXES =
      List.of(
          LangfuseAttributes.LANGFUSE_METADATA,
          LangfuseAttributes.OBSERVATION_METADATA,
          LangfuseAttributes.TRACE_METADATA);

  static Map<String, String> of(Attributes span) {
    Map<String, String> metadata = new LinkedHashMap<>();
    for (String prefix : PREFIXES) {
      addWhole(span.json(prefix), metadata);
      span.forEachBelow(prefix + ".", (key, value) -> metadata.put(key, Json.text(value)));
    }
    return metadata;
  }

  /** Only an object or an array survives here: the server drops plain text and numbers. */
  private static void addWhole(@Nullable JsonNode whole, Map<String, String> metadata) {
    if (whole == null) {
      return;
    }
    if (whole.isObject()) {
      whole.properties().forEach(each -> metadata.put(each.getKey(), Json.text(each.getValue())));
    } else if (whole.isArray()) {
      for (int i = 0; i < whole.size(); i++) {
        metadata.put(String.valueOf(i), Json.text(whole.get(i)));
      }
    }
  }

  private Metadata() {}
}
