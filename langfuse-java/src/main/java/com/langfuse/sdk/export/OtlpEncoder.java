package com.langfuse.sdk.export;

import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Masks spans and encodes them as OTLP protobuf. Threadsafe. */
final class OtlpEncoder {

  private final @Nullable AttributeMask mask;

  OtlpEncoder(@Nullable AttributeMask mask) {
    this.mask = mask;
  }

  OtlpBody encode(List<SpanData> spans) {
    List<SpanData> masked = spans.stream().map(this::masked).toList();
    return new OtlpBody(OtlpRequestWriter.write(masked), spans.size());
  }

  private SpanData masked(SpanData span) {
    return mask == null ? span : new MaskedSpan(span, mask);
  }
}
