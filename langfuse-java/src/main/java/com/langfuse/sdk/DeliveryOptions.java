package com.langfuse.sdk;

import com.langfuse.sdk.export.DeliveryListener;
import com.langfuse.sdk.internal.DeliverySettings;
import com.langfuse.sdk.internal.Environment;
import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.internal.Settings;
import com.langfuse.sdk.line.LangfuseEndpoint;
import com.langfuse.sdk.line.Ledger;
import com.langfuse.sdk.line.Line;
import com.langfuse.sdk.line.LossTeller;
import io.opentelemetry.api.metrics.MeterProvider;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How observations, scores and media get to Langfuse: bounds, retries, spool, HTTP. The defaults
 * are good for most programs.
 *
 * <pre>{@code
 * Langfuse.builder().delivery(line -> line
 *     .spool(Path.of("/var/lib/my-app/langfuse"))
 *     .httpClient(http -> http.proxy(ProxySelector.of(new InetSocketAddress("proxy", 3128)))))
 * }</pre>
 */
public final class DeliveryOptions {

  private @Nullable Integer flushAt;
  private @Nullable Duration flushInterval;
  private @Nullable Integer queueCapacity;
  private @Nullable Duration retryFor;
  private @Nullable Path spool;
  private long queueBytes = DeliverySettings.defaultQueueBytes();
  private long spoolBytes = DeliverySettings.SPOOL_BYTES;
  private boolean immediate;
  private boolean gzip = true;
  private @Nullable DeliveryListener listener;
  private Consumer<HttpClient.Builder> httpClient = http -> {};
  private @Nullable MeterProvider meterProvider;

  DeliveryOptions() {}

  /**
   * {@code LANGFUSE_FLUSH_AT}, else {@code OTEL_BSP_MAX_EXPORT_BATCH_SIZE}: observations that fill
   * a batch; 512 by default. Batches of more than 4 MiB are divided.
   */
  public DeliveryOptions flushAt(int observations) {
    this.flushAt = observations;
    return this;
  }

  /**
   * {@code LANGFUSE_FLUSH_INTERVAL} in seconds, else {@code OTEL_BSP_SCHEDULE_DELAY} in
   * milliseconds: how long an ended observation waits for its batch to fill; 5 seconds by default.
   */
  public DeliveryOptions flushInterval(Duration flushInterval) {
    this.flushInterval = Objects.requireNonNull(flushInterval, "flushInterval");
    return this;
  }

  /**
   * True sends each observation as soon as it has ended: for functions that are frozen between
   * calls. Ending it does not wait; call {@code flush} before the function returns.
   */
  public DeliveryOptions immediate(boolean immediate) {
    this.immediate = immediate;
    return this;
  }

  /**
   * {@code OTEL_BSP_MAX_QUEUE_SIZE}: observations that may wait in memory or be under way; 200,000
   * by default. What comes on top is dropped, and counted.
   */
  public DeliveryOptions queueCapacity(int observations) {
    this.queueCapacity = observations;
    return this;
  }

  /**
   * What the waiting observations may weigh together: their texts, a character counted as one byte,
   * and some 1,200 bytes each. By default a quarter of the heap, but at most 512 MiB. Texts in
   * other than Latin scripts take twice as much of the heap.
   */
  public DeliveryOptions queueBytes(long bytes) {
    this.queueBytes = bytes;
    return this;
  }

  /**
   * {@code OTEL_BSP_EXPORT_TIMEOUT} in milliseconds: how long one batch is tried again before it is
   * given up; 10 minutes by default, zero for one try. With a spool it is never given up for lack
   * of time.
   */
  public DeliveryOptions retryFor(Duration time) {
    this.retryFor = Objects.requireNonNull(time, "retryFor");
    return this;
  }

  /**
   * False sends traces uncompressed; true, for gzip, by default. Scores and media are never
   * compressed: Langfuse does not take them so.
   */
  public DeliveryOptions gzip(boolean gzip) {
    this.gzip = gzip;
    return this;
  }

  /**
   * {@code LANGFUSE_SPOOL_DIR}: a folder, made if need be, that keeps what has ended until it is
   * delivered, through crashes of the process and an endpoint that is down for hours. The next
   * client that is told of the folder, here or in another process, delivers what a dead one has
   * left; what was under way when it died may come twice, with the same ids, which Langfuse takes
   * for one. None by default.
   *
   * <p>Costs a write to the file system's cache for each observation, on the thread that ends it,
   * which also encodes and masks it. It holds inputs and outputs as they leave, readable by their
   * owner. Not for network file systems without locks; not proof against power loss.
   *
   * <p>Records are numbered and checked when they are read. What is intact of a damaged file is
   * delivered; what is lost is counted as dropped, with a warning that names the file, which is
   * then kept with the suffix {@code .damaged}: the newest eight, and 64 MiB or {@link #spoolBytes}
   * together. How many are lost after the last intact record is a guess, and records that are cut
   * off at the end without a remainder leave no trace.
   */
  public DeliveryOptions spool(@Nullable Path folder) {
    this.spool = folder;
    return this;
  }

  /** What the spool may hold before memory takes its place; 1 GiB by default. */
  public DeliveryOptions spoolBytes(long bytes) {
    this.spoolBytes = bytes;
    return this;
  }

  /** Is told of every loss. */
  public DeliveryOptions listener(DeliveryListener listener) {
    this.listener = Objects.requireNonNull(listener, "listener");
    return this;
  }

  /**
   * Gets the delivery's counters, under the names that OpenTelemetry has for an SDK's own metrics:
   * {@code otel.sdk.exporter.span.exported} and so on.
   */
  public DeliveryOptions meterProvider(@Nullable MeterProvider meterProvider) {
    this.meterProvider = meterProvider;
    return this;
  }

  /**
   * Changes the JDK's HTTP client before it is built: proxy, {@code sslContext}, authenticator. For
   * observations, scores, media and all else that is asked of the server.
   */
  public DeliveryOptions httpClient(Consumer<HttpClient.Builder> customizer) {
    this.httpClient = Objects.requireNonNull(customizer, "customizer");
    return this;
  }

  /** What was said here, else in the environment. */
  DeliverySettings settings(Environment env) {
    return new DeliverySettings(
        flushAt == null ? env.flushAt() : flushAt,
        flushInterval == null ? env.flushInterval() : flushInterval,
        immediate,
        queueCapacity == null ? env.queueCapacity() : queueCapacity,
        queueBytes,
        retryFor == null ? env.retryFor() : retryFor,
        gzip,
        spool == null ? env.spool() : spool,
        spoolBytes);
  }

  /** The line to Langfuse; null where there is nothing to send. */
  @Nullable Line line(Settings settings, QuietLog log) {
    return settings.canSend()
        ? new Line(new LangfuseEndpoint(settings, httpClient), settings, log)
        : null;
  }

  Ledger ledger(String kind, QuietLog log) {
    DeliveryListener told = listener;
    return new Ledger(
        kind,
        log,
        new LossTeller(
            told == null
                ? null
                : (ofKind, count, dropped, status, reason) ->
                    told.lost(new DeliveryListener.Loss(ofKind, count, dropped, status, reason)),
            log));
  }

  @Nullable MeterProvider meterProvider() {
    return meterProvider;
  }
}
