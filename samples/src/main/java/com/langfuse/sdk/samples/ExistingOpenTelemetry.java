package com.langfuse.sdk.samples;

import com.langfuse.sdk.Langfuse;
import com.langfuse.sdk.LangfuseBuilder;
import com.langfuse.sdk.export.LangfuseSpanProcessor;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.SdkTracerProvider;

/** An application that has OpenTelemetry already, and libraries that write spans with it. */
public final class ExistingOpenTelemetry {

  private ExistingOpenTelemetry() {}

  static void run(LangfuseBuilder settings) {
    // region existing
    LangfuseSpanProcessor processor = settings.buildProcessor();
    try (SdkTracerProvider provider =
        SdkTracerProvider.builder().addSpanProcessor(processor).build()) {
      Langfuse langfuse = settings.attachTo(provider, processor);
      langfuse.observation("request").run(request -> callLibraries(provider));
    }
    // endregion
  }

  private static void callLibraries(SdkTracerProvider provider) {
    Span http = provider.get("http-client").spanBuilder("POST /chat").startSpan();
    try (Scope current = http.makeCurrent()) {
      Span llm = provider.get("llm-library").spanBuilder("chat gpt-4o").startSpan();
      llm.setAttribute("gen_ai.operation.name", "chat");
      llm.setAttribute("gen_ai.request.model", "gpt-4o");
      llm.end();
    }
    http.end();
  }
}
