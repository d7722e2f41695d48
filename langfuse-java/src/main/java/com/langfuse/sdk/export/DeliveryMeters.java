package com.langfuse.sdk.export;

import com.langfuse.sdk.export.FlushReport.Count;
import com.langfuse.sdk.internal.LangfuseAttributes;
import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.internal.SdkVersion;
import com.langfuse.sdk.internal.Settings;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.MeterProvider;
import io.opentelemetry.api.metrics.ObservableLongMeasurement;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The delivery's counters as OpenTelemetry metrics. Mirrors the semantic conventions for SDK
 * metrics (opentelemetry.io/docs/specs/semconv/otel/sdk-metrics) for observations, and their form
 * for scores and media.
 */
final class DeliveryMeters {

  private static final String NEVER_SENT = "dropped";
  private static final String NO_ANSWER = "no_answer";

  private static final Attributes COMPONENT =
      Attributes.of(
          LangfuseAttributes.COMPONENT_TYPE,
          "langfuse_span_processor",
          LangfuseAttributes.COMPONENT_NAME,
          LangfuseAttributes.SCOPE_NAME);

  private final Meter meter;
  private final List<AutoCloseable> instruments = new CopyOnWriteArrayList<>();

  private DeliveryMeters(Meter meter) {
    this.meter = meter;
  }

  /** Null when nobody wants to know, or cannot be told. */
  static @Nullable DeliveryMeters register(
      ExportLine line, Settings settings, Doors doors, QuietLog log) {
    if (line.meterProvider() == null) {
      return null;
    }
    try {
      return register(line.meterProvider(), settings, doors);
    } catch (Throwable t) {
      log.warn("meters", "The meter provider throws, there are no metrics: " + t, t);
      return null;
    }
  }

  private static DeliveryMeters register(MeterProvider provider, Settings settings, Doors doors) {
    // Weakly: a provider that outlives the application would keep a client that was never closed.
    WeakReference<Doors> client = new WeakReference<>(doors);
    Supplier<FlushReport> total = () -> totalOf(client.get());
    DeliveryMeters meters =
        new DeliveryMeters(
            provider
                .meterBuilder(LangfuseAttributes.SCOPE_NAME)
                .setInstrumentationVersion(SdkVersion.CURRENT)
                .build());
    meters.exported("otel.sdk.exporter.span", "{span}", () -> total.get().observations());
    meters.processed(() -> total.get().observations());
    meters.queue(() -> total.get().observations(), settings.delivery().queueCapacity());
    meters.exported("langfuse.sdk.score", "{score}", () -> total.get().scores());
    meters.exported("langfuse.sdk.media", "{file}", () -> total.get().media());
    return meters;
  }

  private static FlushReport totalOf(@Nullable Doors doors) {
    return doors == null ? FlushReport.EMPTY : doors.total();
  }

  private void exported(String name, String unit, Supplier<Count> count) {
    instruments.add(
        meter
            .counterBuilder(name + ".exported")
            .setUnit(unit)
            .setDescription("Accepted by Langfuse, or given up: then with an error.type.")
            .buildWithCallback(
                measurement -> {
                  Count now = count.get();
                  measurement.record(now.exported(), COMPONENT);
                  for (Map.Entry<Integer, Long> failure : now.failures().entrySet()) {
                    String status = failure.getKey() == 0 ? NO_ANSWER : failure.getKey().toString();
                    record(measurement, failure.getValue(), status);
                  }
                }));
  }

  private void processed(Supplier<Count> count) {
    instruments.add(
        meter
            .counterBuilder("otel.sdk.processor.span.processed")
            .setUnit("{span}")
            .setDescription("Handed to the exporter, or dropped: then with an error.type.")
            .buildWithCallback(
                measurement -> {
                  Count now = count.get();
                  measurement.record(now.exported() + now.failed(), COMPONENT);
                  record(measurement, now.dropped(), NEVER_SENT);
                }));
  }

  private void queue(Supplier<Count> count, int capacity) {
    instruments.add(
        meter
            .upDownCounterBuilder("otel.sdk.processor.span.queue.size")
            .setUnit("{span}")
            .setDescription("Waiting or under way.")
            .buildWithCallback(m -> m.record(count.get().pending(), COMPONENT)));
    instruments.add(
        meter
            .upDownCounterBuilder("otel.sdk.processor.span.queue.capacity")
            .setUnit("{span}")
            .setDescription("What may wait or be under way in memory.")
            .buildWithCallback(m -> m.record(capacity, COMPONENT)));
  }

  private static void record(ObservableLongMeasurement measurement, long count, String error) {
    if (count > 0) {
      Attributes attributes =
          COMPONENT.toBuilder().put(LangfuseAttributes.ERROR_TYPE, error).build();
      measurement.record(count, attributes);
    }
  }

  void close() {
    for (AutoCloseable instrument : instruments) {
      try {
        instrument.close();
      } catch (Exception e) {
        // The meter provider is the application's, and so is its trouble.
      }
    }
  }
}
