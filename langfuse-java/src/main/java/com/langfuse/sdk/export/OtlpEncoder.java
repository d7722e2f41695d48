package com.langfuse.sdk.export;

import io.opentelemetry.common.ComponentLoader;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.common.export.HttpResponse;
import io.opentelemetry.sdk.common.export.HttpSender;
import io.opentelemetry.sdk.common.export.HttpSenderProvider;
import io.opentelemetry.sdk.common.export.MemoryMode;
import io.opentelemetry.sdk.common.export.MessageWriter;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Spans to OTLP protobuf bytes.
 *
 * <p>OpenTelemetry's OTLP exporter is the encoder: its sender, which we supply through the public
 * sender SPI, keeps the bytes instead of posting them. So the delivery line sees each body with its
 * status, may send it again or send half of it, and nothing depends on which senders the
 * application has on its class path. For one thread.
 */
final class OtlpEncoder {

  private final KeepingSender sender = new KeepingSender();

  private final OtlpHttpSpanExporter exporter =
      OtlpHttpSpanExporter.builder()
          .setComponentLoader(new OnlyOurs(config -> sender))
          .setRetryPolicy(null)
          .setMaxRequestBodySize(Integer.MAX_VALUE)
          // The default mode is several times slower on JDK 23 and newer.
          .setMemoryMode(MemoryMode.IMMUTABLE_DATA)
          .build();

  byte[] encode(Collection<SpanData> spans) throws IOException {
    exporter.export(spans);
    return sender.take();
  }

  private static final class KeepingSender implements HttpSender {

    private byte @Nullable [] body;
    private @Nullable IOException failure;

    byte[] take() throws IOException {
      byte[] taken = body;
      IOException failed = failure;
      body = null;
      failure = null;
      if (taken == null) {
        throw failed != null ? failed : new IOException("the exporter wrote nothing");
      }
      return taken;
    }

    @Override
    public void send(
        MessageWriter message, Consumer<HttpResponse> onResponse, Consumer<Throwable> onError) {
      Bytes bytes = new Bytes(message.getContentLength());
      try {
        message.writeMessage(bytes);
        body = bytes.all();
      } catch (IOException e) {
        failure = e;
      }
      onResponse.accept(Kept.INSTANCE);
    }

    @Override
    public CompletableResultCode shutdown() {
      return CompletableResultCode.ofSuccess();
    }
  }

  /** A megabyte is not copied when it is as long as was said. */
  private static final class Bytes extends ByteArrayOutputStream {
    Bytes(int length) {
      super(length);
    }

    byte[] all() {
      return count == buf.length ? buf : toByteArray();
    }
  }

  private enum Kept implements HttpResponse {
    INSTANCE;

    @Override
    public int getStatusCode() {
      return 200;
    }

    @Override
    public String getStatusMessage() {
      return "kept";
    }

    @Override
    public byte[] getResponseBody() {
      return new byte[0];
    }
  }

  /** Hides the class path's senders from the exporter: two of them would be an arbitrary pick. */
  private record OnlyOurs(HttpSenderProvider provider) implements ComponentLoader {
    @Override
    public <T> Iterable<T> load(Class<T> spi) {
      return spi.isInstance(provider) ? List.of(spi.cast(provider)) : List.of();
    }
  }
}
