package com.langfuse.sdk.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.langfuse.sdk.Langfuse;
import com.langfuse.sdk.LangfuseBuilder;
import com.langfuse.sdk.Observation;
import com.langfuse.sdk.export.FlushReport;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Scope;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporterBuilder;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessorBuilder;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** From the caller to the sink: ours, and OpenTelemetry's as somebody wires it up by hand. */
interface Pipeline extends AutoCloseable {

  int BATCH = 512;

  /** A block with input and output. */
  void observe(Object input, Object output);

  /** Started, and left open. */
  Object open();

  void end(Object opened);

  /** Returns when everything has been delivered. */
  void flush();

  @Override
  void close();

  /**
   * One that sends as it does by default, with a queue in which nothing gets lost.
   *
   * @param name {@code langfuse} or {@code opentelemetry}
   */
  static Pipeline of(String name, boolean gzip, Sink sink) {
    return name.equals("langfuse")
        ? new Ours(toSink(gzip, sink))
        : new OpenTelemetry(processor(gzip, sink).setMaxQueueSize(4 * EndToEnd.BURST));
  }

  /** One that keeps everything until it is flushed. */
  static Pipeline holding(String name, int spans, Sink sink) {
    return name.equals("langfuse")
        ? new Ours(OurClient.to(sink))
        : new OpenTelemetry(
            processor(false, sink)
                .setMaxQueueSize(2 * spans)
                .setMaxExportBatchSize(2 * spans)
                .setScheduleDelay(1, TimeUnit.HOURS));
  }

  private static LangfuseBuilder toSink(boolean gzip, Sink sink) {
    return OurClient.to(sink)
        .flushAt(BATCH)
        .flushInterval(Duration.ofSeconds(5))
        .delivery(line -> line.gzip(gzip));
  }

  private static BatchSpanProcessorBuilder processor(boolean gzip, Sink sink) {
    OtlpHttpSpanExporterBuilder exporter =
        OtlpHttpSpanExporter.builder().setEndpoint(sink.url() + "/v1/traces");
    return BatchSpanProcessor.builder((gzip ? exporter.setCompression("gzip") : exporter).build());
  }

  /** A client with its own provider. */
  final class Ours implements Pipeline {
    private final Langfuse langfuse;

    Ours(LangfuseBuilder settings) {
      this.langfuse = settings.build();
    }

    @Override
    public void observe(Object input, Object output) {
      langfuse.observation("step").input(input).run(step -> step.output(output));
    }

    @Override
    public Object open() {
      return langfuse.observation("step").start();
    }

    @Override
    public void end(Object opened) {
      ((Observation) opened).end();
    }

    @Override
    public void flush() {
      FlushReport report = langfuse.flush(Duration.ofMinutes(2));
      if (!report.isComplete()) {
        throw new IllegalStateException(report.toString());
      }
    }

    @Override
    public void close() {
      langfuse.close();
    }
  }

  /** BatchSpanProcessor and OtlpHttpSpanExporter, JSON by Jackson. */
  final class OpenTelemetry implements Pipeline {
    private final ObjectMapper mapper = new ObjectMapper();
    private final SdkTracerProvider provider;
    private final Tracer tracer;

    OpenTelemetry(BatchSpanProcessorBuilder processor) {
      this.provider = SdkTracerProvider.builder().addSpanProcessor(processor.build()).build();
      this.tracer = provider.get("by-hand");
    }

    @Override
    public void observe(Object input, Object output) {
      Span span = (Span) open();
      try (Scope ignored = span.makeCurrent()) {
        span.setAttribute(ByHand.INPUT, text(input));
        span.setAttribute(ByHand.OUTPUT, text(output));
      } finally {
        span.end();
      }
    }

    @Override
    public Object open() {
      return tracer.spanBuilder("step").setAttribute(ByHand.TYPE, "span").startSpan();
    }

    @Override
    public void end(Object opened) {
      ((Span) opened).end();
    }

    private String text(Object value) {
      try {
        return value instanceof String text ? text : mapper.writeValueAsString(value);
      } catch (JsonProcessingException e) {
        throw new IllegalArgumentException(e);
      }
    }

    @Override
    public void flush() {
      if (!provider.forceFlush().join(2, TimeUnit.MINUTES).isSuccess()) {
        throw new IllegalStateException("not flushed");
      }
    }

    @Override
    public void close() {
      provider.close();
    }
  }
}
