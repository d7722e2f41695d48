package com.langfuse.sdk;

import com.langfuse.sdk.score.Score;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A running call of a model: an {@link Observation} with model, tokens and cost.
 *
 * <pre>{@code
 * generation.output(reply.text()).usageDetails(Usage.of(12, 34));
 * }</pre>
 *
 * Implemented by the SDK only; methods may be added.
 */
public interface Generation extends Observation {

  /**
   * The generation whose block this code runs in. When another type of observation is current, what
   * is set here lands on that one; when none is, nowhere.
   */
  static Generation current() {
    return CurrentObservation.orNowhere();
  }

  /** The model's name as its provider writes it; Langfuse finds the price by it. */
  Generation model(@Nullable String model);

  /** Temperature and the like; nulls are left out. */
  Generation modelParameters(@Nullable Map<String, ?> parameters);

  /** Tokens used. Without them Langfuse counts known models' tokens itself. */
  Generation usageDetails(@Nullable Usage usage);

  /** Tokens used, by buckets of your own naming; a token belongs in one bucket only. */
  Generation usageDetails(@Nullable Map<String, ? extends Number> usage);

  /** US dollars by bucket; any entry switches Langfuse's own price calculation off. */
  Generation costDetails(@Nullable Map<String, ? extends Number> cost);

  /** When the first token came; Langfuse shows the time to it. */
  Generation completionStartTime(@Nullable Instant time);

  /** The managed prompt this call used. */
  Generation prompt(@Nullable PromptReference prompt);

  @Override
  Generation name(@Nullable String name);

  @Override
  Generation type(@Nullable ObservationType<?> type);

  @Override
  Generation publishTrace();

  @Override
  Generation input(@Nullable Object input);

  @Override
  Generation output(@Nullable Object output);

  @Override
  Generation metadata(@Nullable Object metadata);

  @Override
  Generation metadata(String key, @Nullable Object value);

  @Override
  Generation level(@Nullable ObservationLevel level);

  @Override
  Generation statusMessage(@Nullable String statusMessage);

  @Override
  Generation version(@Nullable String version);

  @Override
  Generation environment(@Nullable String environment);

  @Override
  Generation score(@Nullable Score score);

  @Override
  default Generation score(String name, double value) {
    return score(Score.numeric(name, value));
  }

  @Override
  Generation scoreTrace(@Nullable Score score);

  @Override
  Generation recordException(@Nullable Throwable thrown);
}
