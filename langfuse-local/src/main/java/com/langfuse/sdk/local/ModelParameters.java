package com.langfuse.sdk.local;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Temperature and the like: one JSON object if there is one, else single GenAI attributes. */
final class ModelParameters {

  private static final List<String> OBJECTS =
      List.of(
          LangfuseAttributes.OBSERVATION_MODEL_PARAMETERS,
          LangfuseAttributes.LLM_INVOCATION_PARAMETERS,
          LangfuseAttributes.MODEL_CONFIG);

  static Map<String, String> of(Attributes span) {
    Map<String, String> parameters = new LinkedHashMap<>();
    for (String key : OBJECTS) {
      JsonNode object = span.json(key);
      if (object != null) {
        object.properties().forEach(e -> parameters.put(e.getKey(), Json.text(e.getValue())));
        return parameters;
      }
    }
    span.forEachBelow(
        LangfuseAttributes.GEN_AI_REQUEST_PREFIX,
        (key, value) -> {
          if (!key.equals(LangfuseAttributes.MODEL)) {
            parameters.put(key, Json.text(value));
          }
        });
    return parameters;
  }

  private ModelParameters() {}
}
