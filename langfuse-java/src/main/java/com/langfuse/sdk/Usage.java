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
 * generation.usageDetails(Usage.of(1_200, 340).with("input_cached_tokens", 800));
 * }</pre>
 */
public final class Usage {

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
   * A copy with one more bucket, such as {@code total}, {@code input_cached_tokens} or {@code
   * output_reasoning_tokens}. Langfuse takes no negative counts: one is left out.
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
