package com.langfuse.sdk;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which buckets the models of Langfuse's default price list have a price for, where they differ.
 * The server prices a bucket without a price at zero.
 */
final class ModelPrices {

  private static final String PROVIDER = "(?i)((openai|google|googleai)/)?";
  private static final String DATE = "(-\\d{4}-\\d{2}-\\d{2})?";

  private static final Pattern WITH_REASONING =
      Pattern.compile(
          PROVIDER
              + "(o1(-preview|-mini|-pro)?|o3(-mini|-pro)?|o4-mini"
              + "|gpt-5(-mini|-nano|-pro|-chat-latest)?|gpt-5\\.1|gpt-5\\.[245](-pro)?"
              + "|gemini-2\\.5-(pro|flash|flash-lite)|gemini-3(\\.1)?-pro-preview"
              + "|gemini-3-flash-preview)"
              + DATE);

  private static final Pattern WITHOUT_CACHED_INPUT =
      Pattern.compile(PROVIDER + "((o1|o3|gpt-5(\\.[245])?)-pro" + DATE + "|gemini-2\\.0-flash.*)");

  private ModelPrices() {}

  /** Known to price reasoning tokens in a bucket of their own, as it prices output. */
  static boolean hasReasoning(@Nullable String model) {
    return model != null && WITH_REASONING.matcher(model).matches();
  }

  /** Known to have no price for cached input. */
  static boolean lacksCachedInput(@Nullable String model) {
    return model != null && WITHOUT_CACHED_INPUT.matcher(model).matches();
  }
}
