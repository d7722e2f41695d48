package com.langfuse.sdk.local;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tokens and money by bucket. A bucket that is no sane number is dropped, never the observation.
 */
final class UsageAndCost {

  /** OpenAI's own usage objects; one key more than these and the server takes them literally. */
  private record OpenAiShape(String in, String out) {

    boolean fits(JsonNode usage) {
      Set<String> known =
          Set.of(in + "_tokens", out + "_tokens", TOTAL_TOKENS, details(in), details(out));
      return count(usage.path(in + "_tokens")) != null
          && count(usage.path(out + "_tokens")) != null
          && count(usage.path(TOTAL_TOKENS)) != null
          && usage.properties().stream().allMatch(each -> known.contains(each.getKey()));
    }

    /** Details are part of input and output at OpenAI, but buckets of their own at Langfuse. */
    Map<String, Long> buckets(JsonNode usage) {
      Map<String, Long> buckets = new LinkedHashMap<>();
      buckets.put(INPUT, usage.path(in + "_tokens").asLong());
      buckets.put(OUTPUT, usage.path(out + "_tokens").asLong());
      buckets.put(TOTAL, usage.path(TOTAL_TOKENS).asLong());
      split(usage.path(details(in)), INPUT, buckets);
      split(usage.path(details(out)), OUTPUT, buckets);
      return buckets;
    }

    private static String details(String side) {
      return side + "_tokens_details";
    }

    private static void split(JsonNode details, String side, Map<String, Long> buckets) {
      details
          .properties()
          .forEach(
              each -> {
                Long tokens = count(each.getValue());
                if (tokens != null) {
                  buckets.put(side + "_" + each.getKey(), tokens);
                  buckets.merge(side, -tokens, (all, part) -> Math.max(all + part, 0));
                }
              });
    }
  }

  private static final String INPUT = "input";
  private static final String OUTPUT = "output";
  private static final String TOTAL = "total";
  private static final int LONGEST_NUMBER = 100;
  private static final String TOTAL_TOKENS = "total_tokens";

  private static final OpenAiShape CHAT = new OpenAiShape("prompt", "completion");
  private static final OpenAiShape RESPONSES = new OpenAiShape(INPUT, OUTPUT);

  private static final Map<String, String> GENERIC_NAMES =
      Map.of(
          "prompt_tokens",
          INPUT,
          "input_tokens",
          INPUT,
          "prompt",
          INPUT,
          "completion_tokens",
          OUTPUT,
          "output_tokens",
          OUTPUT,
          "completion",
          OUTPUT,
          TOTAL_TOKENS,
          TOTAL);

  static Map<String, Long> usage(Attributes span) {
    JsonNode sent = span.json(LangfuseAttributes.OBSERVATION_USAGE_DETAILS);
    if (sent == null) {
      return genericUsage(span);
    }
    if (CHAT.fits(sent)) {
      return CHAT.buckets(sent);
    }
    if (RESPONSES.fits(sent)) {
      return RESPONSES.buckets(sent);
    }
    Map<String, Long> buckets = new LinkedHashMap<>();
    sent.properties().forEach(each -> putCount(buckets, each.getKey(), each.getValue()));
    return buckets;
  }

  static Map<String, Double> cost(Attributes span) {
    Map<String, Double> buckets = new LinkedHashMap<>();
    JsonNode sent = span.json(LangfuseAttributes.OBSERVATION_COST_DETAILS);
    if (sent != null) {
      sent.properties()
          .forEach(
              each -> {
                if (each.getValue().isNumber() && each.getValue().doubleValue() >= 0) {
                  buckets.put(each.getKey(), each.getValue().doubleValue());
                }
              });
      return buckets;
    }
    String total =
        span.firstText(LangfuseAttributes.GEN_AI_USAGE_COST, LangfuseAttributes.LLM_COST_TOTAL);
    BigDecimal amount = number(total);
    if (amount != null && amount.signum() >= 0) {
      buckets.put(TOTAL, amount.doubleValue());
    }
    return buckets;
  }

  private static Map<String, Long> genericUsage(Attributes span) {
    Map<String, Long> buckets = new LinkedHashMap<>();
    for (String prefix :
        new String[] {
          LangfuseAttributes.GEN_AI_USAGE_PREFIX, LangfuseAttributes.LLM_TOKEN_COUNT_PREFIX
        }) {
      span.forEachBelow(
          prefix,
          (key, value) -> {
            if (!(prefix + key).equals(LangfuseAttributes.GEN_AI_USAGE_COST)) {
              Long tokens = count(Json.text(value));
              if (tokens != null) {
                buckets.put(GENERIC_NAMES.getOrDefault(key, key), tokens);
              }
            }
          });
    }
    return buckets;
  }

  private static void putCount(Map<String, Long> buckets, String key, JsonNode value) {
    Long tokens = count(value);
    if (tokens != null) {
      buckets.put(key, tokens);
    }
  }

  private static @Nullable Long count(JsonNode value) {
    return value.isNumber() || value.isTextual() ? count(value.asText()) : null;
  }

  /** A whole number of tokens, at least 0, also when written as text or as 12.0; else null. */
  private static @Nullable Long count(String text) {
    BigDecimal number = number(text);
    try {
      return number == null || number.signum() < 0 ? null : (Long) number.longValueExact();
    } catch (ArithmeticException fractionOrTooLarge) {
      return null;
    }
  }

  private static @Nullable BigDecimal number(@Nullable String text) {
    if (text == null || text.length() > LONGEST_NUMBER) { // parsing takes the square of the length
      return null;
    }
    try {
      return new BigDecimal(text.strip());
    } catch (NumberFormatException notANumber) {
      return null;
    }
  }

  private UsageAndCost() {}
}
