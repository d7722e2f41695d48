package com.langfuse.sdk.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SdkTracerProviderBuilder;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * The floor: what somebody writes who knows OpenTelemetry well and Langfuse's attribute names by
 * heart. Keys are made once, objects become text by Jackson as it comes, and an ended span is
 * counted and dropped at once: nobody queues or sends it.
 */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
public class ByHand {

  static final AttributeKey<String> TYPE = AttributeKey.stringKey("langfuse.observation.type");
  static final AttributeKey<String> INPUT = AttributeKey.stringKey("langfuse.observation.input");
  static final AttributeKey<String> OUTPUT = AttributeKey.stringKey("langfuse.observation.output");

  private final ObjectMapper mapper = new ObjectMapper();
  private final Counting counting = new Counting();
  private final SdkTracerProvider provider = queued(SdkTracerProvider.builder()).build();
  private final Tracer tracer = provider.get("by-hand");
  private final Span outer = tracer.spanBuilder("outer").startSpan();
  long made;

  SdkTracerProviderBuilder queued(SdkTracerProviderBuilder builder) {
    return builder.addSpanProcessor(counting);
  }

  @TearDown(Level.Invocation)
  public void deliver() {
    provider.forceFlush().join(60, TimeUnit.SECONDS);
  }

  @TearDown(Level.Trial)
  public void close() {
    outer.end();
    provider.close();
    if (counting.ended.sum() != made + 1) {
      throw new IllegalStateException(made + " spans were made, not all have ended");
    }
  }

  Tracer tracer() {
    return tracer;
  }

  Context context() {
    return Context.root().with(outer);
  }

  void burst(int spans, Runnable one) {
    together(
        spans,
        () -> {
          for (int i = 0; i < spans; i++) {
            one.run();
          }
        });
  }

  void together(long spans, Runnable all) {
    made += spans;
    try (Scope ignored = outer.makeCurrent()) {
      CallerCost.of(spans, all);
    }
  }

  /** The same for what other threads do, whose cost is not looked at. */
  void elsewhere(long spans, Runnable all) {
    made += spans;
    try (Scope ignored = outer.makeCurrent()) {
      all.run();
    }
  }

  Span start(String type) {
    return tracer.spanBuilder("step").setAttribute(TYPE, type).startSpan();
  }

  void block(String type, Consumer<Span> block) {
    Span span = start(type);
    try (Scope ignored = span.makeCurrent()) {
      block.accept(span);
    } finally {
      span.end();
    }
  }

  void inputOutput(int spans, Object input, Object output) {
    burst(
        spans,
        () ->
            block(
                "span",
                span -> {
                  span.setAttribute(INPUT, text(input));
                  span.setAttribute(OUTPUT, text(output));
                }));
  }

  String text(Object value) {
    try {
      return value instanceof String text ? text : mapper.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /**
   * With a queue, as one needs it in a program: OpenTelemetry's, before an exporter that does
   * nothing.
   */
  public static class Queued extends ByHand {
    private static final Dropping dropping = new Dropping();

    @Override
    SdkTracerProviderBuilder queued(SdkTracerProviderBuilder builder) {
      return super.queued(builder)
          .addSpanProcessor(
              BatchSpanProcessor.builder(dropping)
                  .setMaxQueueSize(64 * PerObservation.BURST)
                  .build());
    }

    @Override
    public void close() {
      super.close();
      if (dropping.exported.sum() != made + 1) {
        throw new IllegalStateException(
            made + " spans were made, " + dropping.exported.sum() + " were exported");
      }
    }
  }

  private static final class Dropping implements SpanExporter {
    private final LongAdder exported = new LongAdder();

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
      exported.add(spans.size());
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode flush() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
      return CompletableResultCode.ofSuccess();
    }
  }

  private static final class Counting implements SpanProcessor {
    private final LongAdder ended = new LongAdder();

    @Override
    public void onStart(Context parent, ReadWriteSpan span) {}

    @Override
    public boolean isStartRequired() {
      return false;
    }

    @Override
    public void onEnd(ReadableSpan span) {
      ended.increment();
    }

    @Override
    public boolean isEndRequired() {
      return true;
    }
  }
}
