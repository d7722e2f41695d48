package com.langfuse.sdk.export;

import com.langfuse.sdk.internal.LangfuseAttributes;
import io.opentelemetry.api.common.AttributeKey;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** Attributes that only a span of an LLM application has, whichever tracer made it. */
final class KnownAttributes {

  private static final List<String> PREFIXES =
      List.of("gen_ai.", "openinference.", "traceloop.", "spring.ai.");

  private static final String LANGFUSE = "langfuse.";

  /** What the processor writes on every span, whatever it is about. */
  private static final Set<String> OF_EVERY_SPAN =
      Set.of(
          LangfuseAttributes.ENVIRONMENT.getKey(),
          LangfuseAttributes.RELEASE.getKey(),
          LangfuseAttributes.VERSION.getKey(),
          LangfuseAttributes.TRACE_NAME.getKey(),
          LangfuseAttributes.TAGS.getKey(),
          LangfuseAttributes.PROMPT_NAME.getKey(),
          LangfuseAttributes.PROMPT_VERSION.getKey());

  private static final String TRACE_METADATA = LangfuseAttributes.TRACE_METADATA.getKey() + ".";

  private KnownAttributes() {}

  /** Spans with an attribute of such a name. */
  static SpanFilter filter(Predicate<String> isWanted) {
    return span -> {
      for (AttributeKey<?> key : span.getAttributes().asMap().keySet()) {
        if (isWanted.test(key.getKey())) {
          return true;
        }
      }
      return false;
    };
  }

  static boolean isKnown(String name) {
    if (name.startsWith(LANGFUSE)) {
      return !OF_EVERY_SPAN.contains(name)
          && !name.startsWith(TRACE_METADATA)
          && !name.startsWith(LangfuseAttributes.INTERNAL_PREFIX);
    }
    return PREFIXES.stream().anyMatch(name::startsWith);
  }
}
