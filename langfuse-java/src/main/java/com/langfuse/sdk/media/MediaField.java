package com.langfuse.sdk.media;

import com.langfuse.sdk.internal.LangfuseAttributes;
import io.opentelemetry.api.common.AttributeKey;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Where in an observation Langfuse shows a file. */
enum MediaField {
  INPUT(LangfuseAttributes.INPUT, LangfuseAttributes.TRACE_INPUT),
  OUTPUT(LangfuseAttributes.OUTPUT, LangfuseAttributes.TRACE_OUTPUT),
  METADATA(LangfuseAttributes.METADATA, LangfuseAttributes.TRACE_METADATA);

  /** In the names that other tracers have for a model's input and output; there are many. */
  private static final List<String> OUTPUT_WORDS = List.of("output", "completion", "response");

  private static final List<String> INPUT_WORDS =
      List.of("input", "prompt", "message", "instruction", "request");

  private final String ofObservation;
  private final String ofTrace;

  MediaField(AttributeKey<String> ofObservation, AttributeKey<String> ofTrace) {
    this.ofObservation = ofObservation.getKey();
    this.ofTrace = ofTrace.getKey();
  }

  /** Of an attribute; null for one that is none of them. */
  static @Nullable MediaField of(String attribute) {
    for (MediaField field : values()) {
      if (isOrIsBelow(attribute, field.ofObservation) || isOrIsBelow(attribute, field.ofTrace)) {
        return field;
      }
    }
    return attribute.startsWith("langfuse.") ? null : ofWords(attribute.toLowerCase(Locale.ROOT));
  }

  /** Metadata has one attribute for each key. */
  private static boolean isOrIsBelow(String attribute, String name) {
    return attribute.startsWith(name)
        && (attribute.length() == name.length() || attribute.charAt(name.length()) == '.');
  }

  private static @Nullable MediaField ofWords(String attribute) {
    if (OUTPUT_WORDS.stream().anyMatch(attribute::contains)) {
      return OUTPUT;
    }
    return INPUT_WORDS.stream().anyMatch(attribute::contains) ? INPUT : null;
  }

  /** Langfuse's word for it. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
