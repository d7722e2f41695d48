package com.langfuse.sdk.export;

import io.opentelemetry.exporter.internal.otlp.traces.TraceRequestMarshaler;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Masks spans and encodes them as OTLP protobuf.
 *
 * <p>The encoder is the one inside OpenTelemetry's OTLP exporter. The exporter itself would post
 * the bytes, and the interfaces by which it can be kept from that differ from version to version;
 * the encoder has been called the same way since 1.49. Threadsafe.
 */
final class OtlpEncoder {

  private final @Nullable AttributeMask mask;

  OtlpEncoder(@Nullable AttributeMask mask) {
    this.mask = mask;
  }

  /**
   * @throws IOException when a value of a span cannot be encoded
   */
  OtlpBody encode(List<SpanData> spans) throws IOException {
    return new OtlpBody(bytes(spans.stream().map(this::masked).toList()), spans.size());
  }

  private static byte[] bytes(Collection<SpanData> spans) throws IOException {
    TraceRequestMarshaler request = TraceRequestMarshaler.create(spans);
    SizedOutput output = new SizedOutput(request.getBinarySerializedSize());
    request.writeBinaryTo(output);
    return output.bytes();
  }

  private SpanData masked(SpanData span) {
    return mask == null ? span : new MaskedSpan(span, mask);
  }

  /** Does not copy a megabyte that is as long as it was announced. */
  private static final class SizedOutput extends ByteArrayOutputStream {
    SizedOutput(int size) {
      super(size);
    }

    byte[] bytes() {
      return count == buf.length ? buf : toByteArray();
    }
  }
}
