package com.langfuse.sdk.local;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Input and output always come from the same convention: the first of which either is present, even
 * if the other one is then missing.
 */
record InputOutput(@Nullable String input, @Nullable String output) {

  private static final InputOutput NEITHER = new InputOutput(null, null);

  private record Keys(String input, String output) {}

  private static final List<Keys> CONVENTIONS =
      List.of(
          new Keys(LangfuseAttributes.OBSERVATION_INPUT, LangfuseAttributes.OBSERVATION_OUTPUT),
          new Keys(LangfuseAttributes.INPUT_VALUE, LangfuseAttributes.OUTPUT_VALUE),
          new Keys(LangfuseAttributes.INPUT, LangfuseAttributes.OUTPUT),
          new Keys(
              LangfuseAttributes.GEN_AI_INPUT_MESSAGES, LangfuseAttributes.GEN_AI_OUTPUT_MESSAGES),
          new Keys(
              LangfuseAttributes.GEN_AI_TOOL_CALL_ARGUMENTS,
              LangfuseAttributes.GEN_AI_TOOL_CALL_RESULT));

  static InputOutput of(Attributes span) {
    for (Keys keys : CONVENTIONS) {
      String input = span.text(keys.input());
      String output = span.text(keys.output());
      if (input != null || output != null) {
        return new InputOutput(input, output);
      }
    }
    return NEITHER;
  }
}
