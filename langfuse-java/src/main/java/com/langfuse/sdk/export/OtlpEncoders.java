package com.langfuse.sdk.export;

import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/** Masks and encodes, as many threads as want to; each borrows an encoder. */
final class OtlpEncoders {

  private final Queue<OtlpEncoder> free = new ConcurrentLinkedQueue<>();
  private final @Nullable AttributeMask mask;

  OtlpEncoders(@Nullable AttributeMask mask) {
    this.mask = mask;
    free.add(new OtlpEncoder()); // should parts of OpenTelemetry be missing, then it fails here
  }

  OtlpBody encode(List<SpanData> spans) throws IOException {
    OtlpEncoder borrowed = free.poll();
    OtlpEncoder encoder = borrowed == null ? new OtlpEncoder() : borrowed;
    byte[] bytes = encoder.encode(spans.stream().map(this::leaving).toList());
    free.add(encoder);
    return new OtlpBody(bytes, spans.size());
  }

  private SpanData leaving(SpanData span) {
    return mask == null ? span : new MaskedSpan(span, mask);
  }
}
