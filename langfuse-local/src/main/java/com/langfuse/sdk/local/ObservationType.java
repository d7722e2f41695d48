package com.langfuse.sdk.local;

import static java.util.Map.entry;

import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which of the ten types an observation gets; the first convention that says something decides. */
final class ObservationType {

  static final String GENERATION = "GENERATION";
  static final String SPAN = "SPAN";

  private static final Map<String, String> BY_LANGFUSE_NAME =
      Map.ofEntries(
          entry("span", SPAN),
          entry("generation", GENERATION),
          entry("event", "EVENT"),
          entry("embedding", "EMBEDDING"),
          entry("agent", "AGENT"),
          entry("tool", "TOOL"),
          entry("chain", "CHAIN"),
          entry("retriever", "RETRIEVER"),
          entry("evaluator", "EVALUATOR"),
          entry("guardrail", "GUARDRAIL"));

  private static final Map<String, String> BY_OPENINFERENCE_KIND =
      Map.of(
          "CHAIN", "CHAIN",
          "RETRIEVER", "RETRIEVER",
          "LLM", GENERATION,
          "EMBEDDING", "EMBEDDING",
          "AGENT", "AGENT",
          "TOOL", "TOOL",
          "GUARDRAIL", "GUARDRAIL",
          "EVALUATOR", "EVALUATOR");

  private static final Map<String, String> BY_GEN_AI_OPERATION =
      Map.of(
          "chat", GENERATION,
          "completion", GENERATION,
          "text_completion", GENERATION,
          "generate_content", GENERATION,
          "generate", GENERATION,
          "embeddings", "EMBEDDING",
          "invoke_agent", "AGENT",
          "create_agent", "AGENT",
          "execute_tool", "TOOL");

  /** All ten, in no order. */
  static Collection<String> all() {
    return BY_LANGFUSE_NAME.values();
  }

  static String of(Attributes span) {
    String type = named(BY_LANGFUSE_NAME, span.text(LangfuseAttributes.OBSERVATION_TYPE));
    if (type == null) {
      String kind = span.text(LangfuseAttributes.OPENINFERENCE_SPAN_KIND);
      type = named(BY_OPENINFERENCE_KIND, kind);
    }
    if (type == null) {
      type = named(BY_GEN_AI_OPERATION, span.text(LangfuseAttributes.GEN_AI_OPERATION_NAME));
    }
    return type != null ? type : guess(span);
  }

  private static @Nullable String named(Map<String, String> table, @Nullable String name) {
    return name == null ? null : table.get(name);
  }

  private static String guess(Attributes span) {
    if (span.hasAny(LangfuseAttributes.GEN_AI_TOOL_NAME, LangfuseAttributes.GEN_AI_TOOL_CALL_ID)) {
      return "TOOL";
    }
    boolean hasModel =
        span.hasAny(
            LangfuseAttributes.OBSERVATION_MODEL,
            LangfuseAttributes.GEN_AI_REQUEST_MODEL,
            LangfuseAttributes.GEN_AI_RESPONSE_MODEL,
            LangfuseAttributes.LLM_MODEL_NAME,
            LangfuseAttributes.MODEL);
    return hasModel ? GENERATION : SPAN;
  }

  private ObservationType() {}
}
