package com.langfuse.sdk;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tokens (or characters, seconds, images) that a model call used, by bucket. Langfuse prices each
 * bucket and adds them up, so a token belongs in exactly one. Immutable.
 *
 * <pre>{@code
 * generation.usageDetails(Usage.of(1_200, 340).with(Usage.INPUT_CACHED, 800));
 * }</pre>
 */
public final class Usage {

  /** Canonical bucket: tokens of the prompt that came from a cache. */
  public static final String INPUT_CACHED = "input_cached_tokens";

  /** Canonical bucket: tokens of the prompt that were written to a cache. */
  public static final String INPUT_CACHE_CREATION = "input_cache_creation";

  /** Canonical bucket: tokens of spoken input. */
  public static final String INPUT_AUDIO = "input_audio_tokens";

  /** Canonical bucket: tokens spent on reasoning. */
  public static final String OUTPUT_REASONING = "output_reasoning_tokens";

  /** Canonical bucket: tokens of spoken output. */
  public static final String OUTPUT_AUDIO = "output_audio_tokens";

  /** Canonical bucket: everything; Langfuse adds the others up when it is not given. */
  public static final String TOTAL = "total";

  private final Map<String, Long> buckets;

  private Usage(Map<String, Long> buckets) {
    this.buckets = buckets;
  }

  /**
   * Tokens in and out.
   *
   * @param input tokens of the prompt, without those you put in a bucket of their own
   * @param output tokens of the answer, likewise
   */
  public static Usage of(long input, long output) {
    return new Usage(Map.of()).with("input", input).with("output", output);
  }

  /**
   * From a provider's report in which the total input includes the cached tokens, and the total
   * output the ones spent on reasoning, as OpenAI's does: Langfuse adds buckets up, so here they
   * are taken apart.
   *
   * @param input all tokens of the prompt
   * @param cachedInput those of them that came from a cache
   * @param output all tokens of the answer
   * @param reasoning those of them spent on reasoning
   */
  public static Usage fromInclusive(long input, long cachedInput, long output, long reasoning) {
    return of(Math.max(0, input - cachedInput), Math.max(0, output - reasoning))
        .with(INPUT_CACHED, cachedInput)
        .with(OUTPUT_REASONING, reasoning);
  }

  /**
   * A copy with one more bucket, such as {@link #INPUT_CACHED} or one of your own. Langfuse takes
   * no negative counts: one is left out.
   */
  public Usage with(String bucket, long units) {
    if (units < 0) {
      return this;
    }
    Map<String, Long> more = new LinkedHashMap<>(buckets);
    more.put(bucket, units);
    return new Usage(Collections.unmodifiableMap(more));
  }

  /** Units by bucket, in the order given. */
  public Map<String, Long> asMap() {
    return buckets;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Usage usage && buckets.equals(usage.buckets);
  }

  @Override
  public int hashCode() {
    return buckets.hashCode();
  }

  @Override
  public String toString() {
    return buckets.toString();
  }
}
