package com.langfuse.sdk.export;

import com.langfuse.sdk.internal.JsonEncoder;
import com.langfuse.sdk.internal.LaterText;
import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.internal.ValueAttributes;
import io.opentelemetry.api.baggage.propagation.W3CBaggagePropagator;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.common.Value;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import org.jspecify.annotations.Nullable;

/**
 * Finds out, before a client is built, whether the OpenTelemetry that is present can record and
 * encode spans, and whether there is a Jackson, so that no {@link LinkageError} comes out of
 * recording, or leaves a client half built.
 */
public final class LinkageCheck {

  @SuppressWarnings("StaticAssignmentOfThrowable") // what was found once holds for all clients
  private static final @Nullable LinkageError PROBLEM = find();

  private LinkageCheck() {}

  /**
   * Throws what was found when this class was loaded: then a span with a link, an exception and
   * attributes of every type is recorded and encoded.
   *
   * @throws LinkageError when a part of OpenTelemetry is missing, or of a version that does not fit
   */
  public static void run() {
    if (PROBLEM != null) {
      throw PROBLEM;
    }
  }

  private static @Nullable LinkageError find() {
    EndedSpans ended = new EndedSpans();
    try (SdkTracerProvider provider = SdkTracerProvider.builder().addSpanProcessor(ended).build()) {
      record(provider);
      var unused = new OtlpEncoder(null).encode(ended.spans);
      var unusedContext =
          W3CBaggagePropagator.getInstance().extract(Context.root(), "", new NoHeaders());
      var unusedEither = LaterText.isSupported();
      var unusedToo = new JsonEncoder(new QuietLog(false));
      return null;
    } catch (LinkageError e) {
      return e;
    } catch (RuntimeException | ServiceConfigurationError e) {
      return new LinkageError("OpenTelemetry cannot record a span: " + e, e);
    }
  }

  private static void record(SdkTracerProvider provider) {
    Span parent = provider.get("sample").spanBuilder("parent").startSpan();
    provider
        .get("sample", "1")
        .spanBuilder("child")
        .setSpanKind(SpanKind.CLIENT)
        .setParent(Context.root().with(parent))
        .addLink(parent.getSpanContext())
        .setAllAttributes(attributes())
        .startSpan()
        .setStatus(StatusCode.ERROR, "text")
        .recordException(new IllegalStateException("sample"))
        .end();
    parent.end();
  }

  private static Attributes attributes() {
    AttributesBuilder attributes = Attributes.builder();
    AttributeKey<Value<?>> value = ValueAttributes.key("value");
    if (value != null) {
      Value<?> text = Value.of("text");
      Value<?> values = Value.of(text, Value.of(1), Value.of(1.5), Value.of(true));
      Value<?> bytes = Value.of(new byte[1]);
      attributes.put(value, Value.of(Map.of("list", values, "bytes", bytes)));
    }
    return attributes
        .put("text", "text")
        .put("long", 1)
        .put("double", 1.5)
        .put("boolean", true)
        .put("texts", "text", "text")
        .put("longs", 1L, 2L)
        .put("doubles", 1.5, 2.5)
        .put("booleans", true, false)
        .build();
  }

  private static final class EndedSpans implements SpanProcessor {
    private final List<SpanData> spans = new ArrayList<>();

    @Override
    public void onStart(Context parent, ReadWriteSpan span) {}

    @Override
    public boolean isStartRequired() {
      return false;
    }

    @Override
    public void onEnd(ReadableSpan span) {
      spans.add(span.toSpanData());
    }

    @Override
    public boolean isEndRequired() {
      return true;
    }
  }

  private static final class NoHeaders implements TextMapGetter<String> {

    @Override
    public Iterable<String> keys(String request) {
      return List.of();
    }

    @Override
    public @Nullable String get(@Nullable String request, String name) {
      return null;
    }
  }
}
