package com.langfuse.sdk.bench;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.context.Scope;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.infra.Blackhole;

/**
 * An empty block of a request with a user, a session, two tags and three metadata: right in that
 * scope, {@code below} an observation that was begun in it, as most are, and with the scope {@code
 * open}ed for each block as well.
 */
@OperationsPerInvocation(PerObservation.BURST)
public class PropagatedBenchmark extends PerObservation {

  private static final AttributeKey<String> USER = AttributeKey.stringKey("user.id");
  private static final AttributeKey<String> SESSION = AttributeKey.stringKey("session.id");
  private static final AttributeKey<List<String>> TAGS =
      AttributeKey.stringArrayKey("langfuse.trace.tags");
  private static final AttributeKey<String> TEAM = metadata("team");
  private static final AttributeKey<String> REGION = metadata("region");
  private static final AttributeKey<String> PLAN = metadata("plan");

  private static final List<String> BOTH = List.of("beta", "web");
  private static final Map<String, String> METADATA =
      Map.of("team", "search", "region", "eu", "plan", "pro");

  private static AttributeKey<String> metadata(String key) {
    return AttributeKey.stringKey("langfuse.trace.metadata." + key);
  }

  @Benchmark
  public void byHand(ByHand hand, Blackhole hole) {
    hand.burst(
        BURST,
        () ->
            hand.block(
                "span",
                span -> {
                  span.setAttribute(USER, "user-4711");
                  span.setAttribute(SESSION, "session-0815");
                  span.setAttribute(TAGS, BOTH);
                  span.setAttribute(TEAM, "search");
                  span.setAttribute(REGION, "eu");
                  span.setAttribute(PLAN, "pro");
                  hole.consume(span);
                }));
  }

  @Benchmark
  public void inside(OurClient client, Blackhole hole) {
    client.together(
        BURST,
        () -> {
          try (Scope ignored = propagate(client)) {
            for (int i = 0; i < BURST; i++) {
              client.langfuse().observation("step").run(hole::consume);
            }
          }
        });
  }

  @Benchmark
  public void below(OurClient client, Blackhole hole) {
    client.together(
        BURST + 1,
        () -> {
          try (Scope ignored = propagate(client)) {
            client
                .langfuse()
                .observation("request")
                .run(
                    request -> {
                      for (int i = 0; i < BURST; i++) {
                        client.langfuse().observation("step").run(hole::consume);
                      }
                    });
          }
        });
  }

  @Benchmark
  public void open(OurClient client, Blackhole hole) {
    client.burst(
        BURST,
        () -> {
          try (Scope ignored = propagate(client)) {
            client.langfuse().observation("step").run(hole::consume);
          }
        });
  }

  private static Scope propagate(OurClient client) {
    return client
        .langfuse()
        .propagate()
        .userId("user-4711")
        .sessionId("session-0815")
        .tags(BOTH)
        .metadata(METADATA)
        .makeCurrent();
  }
}
