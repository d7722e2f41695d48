package com.langfuse.sdk.bench;

import dev.braintrust.config.BraintrustConfig;
import dev.braintrust.trace.BraintrustTracing;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SdkTracerProviderBuilder;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * 1 KB of maps in and out, beside Braintrust's Java SDK. It has no blocks: one writes spans with
 * its tracer, as here, and its attributes are JSON that one makes oneself. Its own queue sends
 * meanwhile.
 */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@OperationsPerInvocation(PerObservation.BURST)
public class BraintrustBenchmark extends PerObservation {

  private static final AttributeKey<String> INPUT = AttributeKey.stringKey("braintrust.input_json");
  private static final AttributeKey<String> OUTPUT =
      AttributeKey.stringKey("braintrust.output_json");

  private final Object input = Payloads.maps.ofKilobytes(1);
  private final Object output = Payloads.maps.ofKilobytes(1);

  @Benchmark
  public void byHand(ByHand hand) {
    hand.inputOutput(BURST, input, output);
  }

  @Benchmark
  public void langfuse(OurClient client) {
    client.inputOutput(BURST, input, output);
  }

  @Benchmark
  public void braintrust(Braintrust braintrust, ByHand hand) {
    braintrust.made += BURST;
    CallerCost.of(
        BURST,
        () -> {
          for (int i = 0; i < BURST; i++) {
            span(braintrust, hand);
          }
        });
  }

  private void span(Braintrust braintrust, ByHand hand) {
    Span span = braintrust.tracer.spanBuilder("step").startSpan();
    try (Scope ignored = span.makeCurrent()) {
      span.setAttribute(INPUT, hand.text(input));
      span.setAttribute(OUTPUT, hand.text(output));
    } finally {
      span.end();
    }
  }

  /** Set up as its documentation says for a provider of one's own. */
  @State(org.openjdk.jmh.annotations.Scope.Benchmark)
  public static class Braintrust {
    private Sink sink;
    private long before;
    private long made;
    private SdkTracerProvider provider;
    private Tracer tracer;

    @Setup(Level.Trial)
    public void open() {
      sink = Sink.at(System.getProperty(Sink.PROPERTY));
      before = sink.spans();
      BraintrustConfig config =
          BraintrustConfig.builder()
              .apiKey("key")
              .apiUrl(sink.url())
              .appUrl(sink.url())
              .defaultProjectId("project")
              .build();
      SdkTracerProviderBuilder builder = SdkTracerProvider.builder();
      BraintrustTracing.enable(
          config, builder, SdkLoggerProvider.builder(), SdkMeterProvider.builder());
      provider = builder.build();
      tracer = BraintrustTracing.getTracer(provider);
    }

    @TearDown(Level.Invocation)
    public void deliver() {
      if (!provider.forceFlush().join(60, TimeUnit.SECONDS).isSuccess()) {
        throw new IllegalStateException("not flushed");
      }
    }

    @TearDown(Level.Trial)
    public void close() {
      provider.close();
      sink.expect(made, before);
    }
  }
}
