package com.langfuse.sdk.bench;

import static com.langfuse.sdk.ObservationType.GENERATION;

import com.langfuse.sdk.ObservationLevel;
import com.langfuse.sdk.PromptReference;
import com.langfuse.sdk.Usage;
import io.opentelemetry.api.common.AttributeKey;
import java.time.Instant;
import java.util.Map;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A generation with every field that it has; input and output are 1 KB of maps each. */
@State(Scope.Benchmark)
@OperationsPerInvocation(PerObservation.BURST)
public class GenerationBenchmark extends PerObservation {

  private static final AttributeKey<String> MODEL = text("observation.model.name");
  private static final AttributeKey<String> PARAMETERS = text("observation.model.parameters");
  private static final AttributeKey<String> USAGE = text("observation.usage_details");
  private static final AttributeKey<String> COST = text("observation.cost_details");
  private static final AttributeKey<String> FIRST = text("observation.completion_start_time");
  private static final AttributeKey<String> PROMPT = text("observation.prompt.name");
  private static final AttributeKey<Long> PROMPT_VERSION =
      AttributeKey.longKey("langfuse.observation.prompt.version");
  private static final AttributeKey<String> LEVEL = text("observation.level");
  private static final AttributeKey<String> STATUS = text("observation.status_message");
  private static final AttributeKey<String> VERSION = text("version");
  private static final AttributeKey<String> TEAM = text("observation.metadata.team");
  private static final AttributeKey<String> REGION = text("observation.metadata.region");
  private static final AttributeKey<String> ATTEMPT = text("observation.metadata.attempt");

  private static AttributeKey<String> text(String name) {
    return AttributeKey.stringKey("langfuse." + name);
  }

  private final Object input = Payloads.maps.ofKilobytes(1);
  private final Object output = Payloads.maps.ofKilobytes(1);
  private final Map<String, Object> parameters = Map.of("temperature", 0.7, "max_tokens", 512);
  private final Map<String, Long> usage = Map.of("input", 812L, "output", 96L);
  private final Map<String, Double> cost = Map.of("input", 0.0021, "output", 0.0009);
  private final Instant first = Instant.parse("2026-11-20T10:00:00.123456Z");

  @Benchmark
  public void byHand(ByHand hand) {
    hand.burst(
        BURST,
        () ->
            hand.block(
                "generation",
                span -> {
                  span.setAttribute(MODEL, "some-model-4");
                  span.setAttribute(PARAMETERS, hand.text(parameters));
                  span.setAttribute(ByHand.INPUT, hand.text(input));
                  span.setAttribute(PROMPT, "answer");
                  span.setAttribute(PROMPT_VERSION, 3L);
                  span.setAttribute(LEVEL, "DEFAULT");
                  span.setAttribute(STATUS, "ok");
                  span.setAttribute(VERSION, "7");
                  span.setAttribute(TEAM, "search");
                  span.setAttribute(REGION, "eu");
                  span.setAttribute(ATTEMPT, "1");
                  span.setAttribute(FIRST, '"' + first.toString() + '"');
                  span.setAttribute(USAGE, hand.text(usage));
                  span.setAttribute(COST, hand.text(cost));
                  span.setAttribute(ByHand.OUTPUT, hand.text(output));
                }));
  }

  @Benchmark
  public void block(OurClient client) {
    client.burst(
        BURST,
        () ->
            client
                .langfuse()
                .observation("step", GENERATION)
                .model("some-model-4")
                .modelParameters(parameters)
                .input(input)
                .prompt(new PromptReference("answer", 3))
                .level(ObservationLevel.DEFAULT)
                .statusMessage("ok")
                .version("7")
                .metadata("team", "search")
                .metadata("region", "eu")
                .metadata("attempt", "1")
                .run(
                    generation ->
                        generation
                            .completionStartTime(first)
                            .usageDetails(Usage.of(812, 96))
                            .costDetails(cost)
                            .output(output)));
  }
}
