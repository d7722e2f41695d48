package com.langfuse.sdk;

import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tokens (or characters, seconds, images) that a model call used, by bucket. Langfuse prices each
 * bucket and adds them up, so a token is in exactly one. Immutable.
 *
 * <p>Providers count in two ways, and the name of each step says which one it is for: {@code
 * including…} for a part of the total given before (OpenAI; the prompt of Gemini), {@code plus…}
 * for tokens that are counted beside it (Anthropic; the thoughts of Gemini).
 *
 * <pre>{@code
 * generation.usageDetails(Usage.input(12).output(2));                                       // or Usage.of(12, 2)
 * generation.usageDetails(
 *     Usage.input(1_000).includingCached(800).output(500).includingReasoning(200));         // OpenAI
 * generation.usageDetails(Usage.input(100).plusCached(300).plusCacheCreation(200).output(50)); // Anthropic
 * generation.usageDetails(Usage.input(1_000).includingCached(800).output(300).plusReasoning(200)); // Gemini
 * generation.usageDetails(Usage.none().inputText(80).inputAudio(20).outputText(40));        // audio models
 * }</pre>
 *
 * <p>The steps may come in any order; a later one replaces an earlier one of the same name. A
 * negative count is left out, since Langfuse takes none.
 *
 * <p>A bucket that has no price for the model costs nothing. Therefore reasoning tokens are a
 * bucket of their own only where the observation's model is known to have a price for it, and
 * otherwise stay in {@code output}, at the same price; likewise included cached tokens stay in
 * {@code input} where the model is known to have no price for them. Every other bucket is sent as
 * given.
 */
public final class Usage {

  /** Bucket: tokens of the prompt that are in no bucket of their own. */
  public static final String INPUT = "input";

  /** Bucket: tokens of the answer that are in no bucket of their own. */
  public static final String OUTPUT = "output";

  /** Bucket: tokens of the prompt that came from a cache. */
  public static final String INPUT_CACHED = "input_cached_tokens";

  /** Bucket: tokens of the prompt that were written to a cache. */
  public static final String INPUT_CACHE_CREATION = "input_cache_creation";

  /** Bucket: tokens of written input, for models that price them apart from spoken ones. */
  public static final String INPUT_TEXT = "input_text_tokens";

  /** Bucket: tokens of spoken input. */
  public static final String INPUT_AUDIO = "input_audio_tokens";

  /** Bucket: tokens of images in the input. */
  public static final String INPUT_IMAGE = "input_image_tokens";

  /** Bucket: tokens spent on reasoning. */
  public static final String OUTPUT_REASONING = "output_reasoning_tokens";

  /** Bucket: tokens of written output, for models that price them apart from spoken ones. */
  public static final String OUTPUT_TEXT = "output_text_tokens";

  /** Bucket: tokens of spoken output. */
  public static final String OUTPUT_AUDIO = "output_audio_tokens";

  /** Bucket: tokens of images in the output. */
  public static final String OUTPUT_IMAGE = "output_image_tokens";

  /** Bucket: everything; Langfuse adds the others up when it is not given. */
  public static final String TOTAL = "total";

  private static final Usage NONE = new Usage(Map.of(), Set.of());

  /** As given, totals with what they include. */
  private final Map<String, Long> given;

  /** Which of the buckets given are part of a total, or added to it. */
  private final Set<Part> parts;

  private enum Part {
    INCLUDED_CACHED(INPUT_CACHED),
    INCLUDED_REASONING(OUTPUT_REASONING),
    ADDED_REASONING(OUTPUT_REASONING);

    private final String bucket;

    Part(String bucket) {
      this.bucket = bucket;
    }
  }

  private Usage(Map<String, Long> given, Set<Part> parts) {
    this.given = given;
    this.parts = parts;
  }

  /** No tokens yet. Sent as it is, it keeps Langfuse from counting tokens itself. */
  public static Usage none() {
    return NONE;
  }

  /**
   * Tokens in and out.
   *
   * @param input tokens of the prompt, without those in a bucket of their own
   * @param output tokens of the answer, likewise
   */
  public static Usage of(long input, long output) {
    return input(input).output(output);
  }

  /** Tokens of the prompt. */
  public static Usage input(long tokens) {
    return NONE.with(INPUT, tokens);
  }

  /** Tokens of the answer. */
  public Usage output(long tokens) {
    return with(OUTPUT, tokens);
  }

  /** Those of the {@code input} tokens that came from a cache. */
  public Usage includingCached(long tokens) {
    return detail(INPUT_CACHED, tokens, Part.INCLUDED_CACHED);
  }

  /** Tokens of the prompt that came from a cache, which {@code input} does not count. */
  public Usage plusCached(long tokens) {
    return detail(INPUT_CACHED, tokens, null);
  }

  /** Tokens of the prompt that were written to a cache, which {@code input} does not count. */
  public Usage plusCacheCreation(long tokens) {
    return detail(INPUT_CACHE_CREATION, tokens, null);
  }

  /** Those of the {@code output} tokens that were spent on reasoning. */
  public Usage includingReasoning(long tokens) {
    return detail(OUTPUT_REASONING, tokens, Part.INCLUDED_REASONING);
  }

  /** Tokens spent on reasoning, which {@code output} does not count. */
  public Usage plusReasoning(long tokens) {
    return detail(OUTPUT_REASONING, tokens, Part.ADDED_REASONING);
  }

  /** Tokens of written input, which {@code input} does not count: for audio models. */
  public Usage inputText(long tokens) {
    return detail(INPUT_TEXT, tokens, null);
  }

  /** Tokens of spoken input, which {@code input} does not count. */
  public Usage inputAudio(long tokens) {
    return detail(INPUT_AUDIO, tokens, null);
  }

  /** Tokens of images in the input, which {@code input} does not count. */
  public Usage inputImage(long tokens) {
    return detail(INPUT_IMAGE, tokens, null);
  }

  /** Tokens of written output, which {@code output} does not count: for audio models. */
  public Usage outputText(long tokens) {
    return detail(OUTPUT_TEXT, tokens, null);
  }

  /** Tokens of spoken output, which {@code output} does not count. */
  public Usage outputAudio(long tokens) {
    return detail(OUTPUT_AUDIO, tokens, null);
  }

  /** Tokens of images in the output, which {@code output} does not count. */
  public Usage outputImage(long tokens) {
    return detail(OUTPUT_IMAGE, tokens, null);
  }

  /**
   * A copy with one more bucket, sent under this name whatever the model: such as one of your own
   * price list.
   *
   * @param bucket null is left out
   * @param units beside those of the other buckets; a negative count is left out
   */
  public Usage with(@Nullable String bucket, long units) {
    return with(bucket, units, null, false);
  }

  /** A bucket that providers report as zero where it does not apply; then it is left out. */
  private Usage detail(String bucket, long units, @Nullable Part part) {
    return with(bucket, units, part, units == 0);
  }

  private Usage with(@Nullable String bucket, long units, @Nullable Part part, boolean isLeftOut) {
    if (bucket == null || units < 0) {
      return this;
    }
    Map<String, Long> more = new LinkedHashMap<>(given);
    Set<Part> moreParts = new HashSet<>(parts);
    moreParts.removeIf(each -> each.bucket.equals(bucket));
    if (isLeftOut) {
      more.remove(bucket);
    } else {
      more.put(bucket, units);
      if (part != null) {
        moreParts.add(part);
      }
    }
    return new Usage(Collections.unmodifiableMap(more), moreParts);
  }

  /**
   * Units by bucket as they are sent where the model is not known: reasoning tokens are in {@code
   * output}.
   */
  public Map<String, Long> asMap() {
    return asMap(null);
  }

  /** Units by bucket as they are sent for this model. */
  Map<String, Long> asMap(@Nullable String model) {
    if (parts.isEmpty()) {
      return given;
    }
    Map<String, Long> sent = new LinkedHashMap<>(given);
    if (parts.contains(Part.INCLUDED_CACHED)) {
      takeOut(sent, INPUT, INPUT_CACHED, !ModelPrices.lacksCachedInput(model));
    }
    if (parts.contains(Part.INCLUDED_REASONING)) {
      takeOut(sent, OUTPUT, OUTPUT_REASONING, ModelPrices.hasReasoning(model));
    } else if (parts.contains(Part.ADDED_REASONING) && !ModelPrices.hasReasoning(model)) {
      long reasoning = units(sent.remove(OUTPUT_REASONING));
      sent.merge(OUTPUT, reasoning, Usage::sum);
    }
    return Collections.unmodifiableMap(sent);
  }

  /** Takes the part out of its total, or drops its bucket, so that its units count once. */
  private static void takeOut(Map<String, Long> sent, String total, String part, boolean isPriced) {
    long included = units(sent.get(part));
    long all = Math.max(units(sent.get(total)), included);
    sent.put(total, isPriced ? all - included : all);
    if (!isPriced) {
      sent.remove(part);
    }
  }

  private static long units(@Nullable Long count) {
    return count == null ? 0 : count;
  }

  private static long sum(long one, long other) {
    return one > Long.MAX_VALUE - other ? Long.MAX_VALUE : one + other;
  }

  /** Whether {@link #asMap(String)} depends on the model. */
  boolean dependsOnModel() {
    return !parts.isEmpty();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Usage usage && given.equals(usage.given) && parts.equals(usage.parts);
  }

  @Override
  public int hashCode() {
    return given.hashCode() * 31 + parts.hashCode();
  }

  @Override
  public String toString() {
    return asMap().toString();
  }
}
