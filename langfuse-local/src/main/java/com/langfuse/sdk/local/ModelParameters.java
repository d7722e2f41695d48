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

  /** As texts. */
  static Map<String, String> of(Attributes span) {
    Map<String, String> parameters = new LinkedHashMap<>();
    typed(span).forEach((key, value) -> parameters.put(key, Json.text(value)));
    return parameters;
  }

  /** Numbers stay numbers; what is neither number nor text becomes JSON text. */
  static Map<String, Object> typed(Attributes span) {
    Map<String, Object> parameters = new LinkedHashMap<>();
    for (String key : OBJECTS) {
      JsonNode object = span.json(key);
      if (object != null) {
        object.properties().forEach(e -> parameters.put(e.getKey(), typed(e.getValue())));
        return parameters;
      }
    }
    span.forEachBelow(
        LangfuseAttributes.GEN_AI_REQUEST_PREFIX,
        (key, value) -> {
          if (!key.equals(LangfuseAttributes.MODEL)) {
            parameters.put(key, value instanceof Number ? value : Json.text(value));
          }
        });
    return parameters;
  }

  private static Object typed(JsonNode value) {
    return value.isNumber() ? value.numberValue() : Json.text(value);
  }

  private ModelParameters() {}
}
