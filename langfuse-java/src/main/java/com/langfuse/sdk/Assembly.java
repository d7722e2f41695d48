package com.langfuse.sdk;

import com.langfuse.sdk.export.ExportLine;
import com.langfuse.sdk.export.ExportOptions;
import com.langfuse.sdk.export.LangfuseSpanProcessor;
import com.langfuse.sdk.export.LinkageCheck;
import com.langfuse.sdk.export.SpanFilter;
import com.langfuse.sdk.internal.Activity;
import com.langfuse.sdk.internal.JsonEncoder;
import com.langfuse.sdk.internal.LangfuseAttributes;
import com.langfuse.sdk.internal.LaterText;
import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.internal.SdkVersion;
import com.langfuse.sdk.internal.Settings;
import com.langfuse.sdk.internal.TraceIds;
import com.langfuse.sdk.line.Line;
import com.langfuse.sdk.media.MediaUploads;
import com.langfuse.sdk.score.ScoreDelivery;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.TracerProvider;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.IdGenerator;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SdkTracerProviderBuilder;
import io.opentelemetry.sdk.trace.SpanLimits;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Puts a client together, as its builder was told. */
final class Assembly {

  /** OpenTelemetry's default of 128 silently drops attributes of rich observations. */
  private static final int MAX_ATTRIBUTES = 4096;

  private final LangfuseBuilder wishes;
  private final Settings settings;
  private final QuietLog log;

  Assembly(LangfuseBuilder wishes, Settings settings) {
    this.wishes = wishes;
    this.settings = settings;
    this.log = new QuietLog(settings.debug());
  }

  /** One with a tracer provider of its own. */
  Langfuse client() {
    Resource resource = wishes.resource(); // first: where it is refused, nothing has begun
    if (!settings.canSend()) {
      warnWithoutKeys();
      return Langfuse.disabled(log);
    }
    LinkageCheck.run();
    LangfuseSpanProcessor processor = processor(false);
    return client(
        provider(processor, resource, IdGenerator.random()),
        provider(processor, resource, TraceIds.generator()),
        processor,
        true);
  }

  LangfuseSpanProcessor sharedProcessor() {
    if (settings.canSend()) {
      LinkageCheck.run();
    } else {
      warnWithoutKeys();
    }
    return processor(true);
  }

  Langfuse attached(TracerProvider provider, LangfuseSpanProcessor processor) {
    return client(provider, provider, processor, false);
  }

  private void warnWithoutKeys() {
    if (settings.tracingEnabled()) {
      log.warn("disabled", "Langfuse is disabled: set " + Settings.KEY_NAMES + " to see traces.");
    }
  }

  private LangfuseSpanProcessor processor(boolean shared) {
    boolean masksCallersOnly = wishes.mask != null && wishes.attributeMask == null;
    Line line = wishes.delivery.line(settings, log);
    MediaUploads media = line == null ? null : media(line);
    LangfuseSpanProcessor processor =
        new LangfuseSpanProcessor(
            settings,
            new ExportOptions(
                filter(),
                wishes.attributeMask,
                shared,
                !shared && isAlone(),
                wishes.readBaggage,
                masksCallersOnly),
            line == null ? null : exportLine(line, media),
            log);
    if (media != null) {
      processor.add(media);
    }
    return processor;
  }

  private @Nullable MediaUploads media(Line line) {
    return settings.mediaUpload()
        ? new MediaUploads(line, wishes.delivery.ledger(ExportLine.MEDIA, log), log)
        : null;
  }

  private ExportLine exportLine(Line line, @Nullable MediaUploads media) {
    return new ExportLine(
        line,
        wishes.delivery.ledger(ExportLine.OBSERVATIONS, log),
        media,
        wishes.delivery.meterProvider());
  }

  /** Not by OpenTelemetrySdk: that looks for the incubator artifact and fails on an old one. */
  private SdkTracerProvider provider(
      LangfuseSpanProcessor processor, Resource resource, IdGenerator ids) {
    SdkTracerProviderBuilder provider =
        SdkTracerProvider.builder()
            .setSampler(sampler(settings.sampleRate()))
            .setSpanLimits(SpanLimits.builder().setMaxNumberOfAttributes(MAX_ATTRIBUTES).build())
            .setIdGenerator(ids)
            .setResource(resource);
    wishes.spanProcessors.forEach(
        each -> provider.addSpanProcessor(new GuardedSpanProcessor(each, log)));
    return provider.addSpanProcessor(processor).build();
  }

  private Langfuse client(
      TracerProvider provider,
      TracerProvider choosing,
      LangfuseSpanProcessor processor,
      boolean own) {
    SpanWriter writer = writer(processor, own);
    Line line = processor.line();
    if (line == null) {
      return new Langfuse(Wiring.disabled(writer));
    }
    JsonEncoder ofScores = encoder(null); // scores have no place for files
    ScoreDelivery scores = scores(line, writer, ofScores, own);
    processor.add(scores);
    line.activity().watch(new Forgetting(List.of(writer.encoder(), writer.ours(), ofScores)));
    return new Langfuse(
        new Wiring(
            tracer(provider),
            tracer(choosing),
            processor,
            scores,
            writer,
            own,
            wishes.separateTraces,
            wishes.claimInBaggage,
            settings.captureIo(),
            wishes.flushOnExit ? settings.exitTimeout() : null));
  }

  private static Tracer tracer(TracerProvider provider) {
    return provider.get(LangfuseAttributes.SCOPE_NAME, SdkVersion.CURRENT);
  }

  private SpanFilter filter() {
    return wishes.filter == null ? SpanFilter.standard() : wishes.filter;
  }

  /** Nobody but us looks at the spans of our provider, and none is left out. */
  private boolean isAlone() {
    return filter() == SpanFilter.standard() && wishes.spanProcessors.isEmpty();
  }

  private SpanWriter writer(LangfuseSpanProcessor processor, boolean own) {
    MediaUploads media = processor.rewriter() instanceof MediaUploads uploads ? uploads : null;
    boolean later =
        own
            && isAlone()
            && wishes.attributeMask == null
            && wishes.objectMapper == null
            && LaterText.isSupported();
    return new SpanWriter(encoder(media), wishes.mask, later, log);
  }

  private JsonEncoder encoder(@Nullable MediaUploads media) {
    return new JsonEncoder(
        wishes.objectMapper, wishes.maxValueLength, MediaUploads.texts(media), log);
  }

  /** On a provider of the application's its sampler decides on traces, not our sample rate. */
  private ScoreDelivery scores(Line line, SpanWriter writer, JsonEncoder encoder, boolean own) {
    return new ScoreDelivery(
        line,
        wishes.delivery.ledger(ExportLine.SCORES, log),
        log,
        settings.environment(),
        encoder,
        writer::masked,
        sampler(own ? settings.sampleRate() : 1));
  }

  /** Where applications share a client, nothing of one that is gone stays in it for long. */
  private record Forgetting(List<JsonEncoder> encoders) implements Activity.Watcher {
    @Override
    public void begun() {}

    @Override
    public void ended() {
      encoders.forEach(JsonEncoder::forgetShortLivedClasses);
    }
  }

  /** Not parent-based: an APM tool that samples its own traces must not thin out ours. */
  private static Sampler sampler(double rate) {
    return rate == 1 ? Sampler.alwaysOn() : Sampler.traceIdRatioBased(rate);
  }
}
