package com.langfuse.sdk;

import com.langfuse.sdk.export.LangfuseSpanProcessor;
import com.langfuse.sdk.propagation.TraceHeaders;
import com.langfuse.sdk.score.Score;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import java.nio.file.Path;
import java.util.Map;

/** A traced program, which prints what it does. */
final class LinkedProgram {

  private LinkedProgram() {}

  public static void main(String[] arguments) {
    switch (arguments[0]) {
      case "by default" -> work(Langfuse.current());
      case "by builder" -> work(builder(arguments[1]).build());
      case "off" -> work(builder(arguments[1]).tracingEnabled(false).build());
      case "shared" -> Shared.work(builder(arguments[1]));
      case "spool" -> {
        Path folder = Path.of(arguments[2]);
        LangfuseBuilder settings =
            builder(arguments[1]).mediaUpload(false).delivery(delivery -> delivery.spool(folder));
        Langfuse langfuse = settings.build();
        langfuse.observation("spooled").start().end();
        System.out.println(langfuse.isEnabled() ? "recorded" : "disabled");
        Runtime.getRuntime().halt(0);
      }
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }

  private static LangfuseBuilder builder(String url) {
    return Langfuse.builder().publicKey("pk-lf-local").secretKey("sk-lf-local").baseUrl(url);
  }

  private static void work(Langfuse langfuse) {
    System.out.println("began");
    TraceHeaders.inject((name, value) -> {});
    TraceHeaders.extract(name -> null).makeCurrent().close();
    String result =
        langfuse
            .observation("current", ObservationType.GENERATION)
            .input(Map.of("a", 1))
            .model("m")
            .call(
                generation -> {
                  generation.output(Map.of("b", 2)).usageDetails(Map.of("input", 3)).output("text");
                  Observation.current().metadata("key", "value").score(Score.numeric("s", 1));
                  return "result";
                });
    System.out.println(result);
    langfuse
        .propagate()
        .userId("u")
        .asBaggage()
        .run(
            () -> {
              langfuse.observation("scoped").start().end();
              System.out.println("in the scope");
            });
    try {
      langfuse
          .observation("failing")
          .run(
              failing -> {
                throw new IllegalStateException("mine");
              });
    } catch (IllegalStateException e) {
      System.out.println(e.getMessage());
    }
    System.out.println(
        langfuse.observed("later", ObservationType.TOOL).<Object>supplier(() -> "later").get());
    langfuse.close();
    System.out.println("ended");
  }

  /** A class of its own: it cannot be loaded without the SDK. */
  private static final class Shared {
    static void work(LangfuseBuilder settings) {
      LangfuseSpanProcessor processor = settings.buildProcessor();
      try (SdkTracerProvider provider =
          SdkTracerProvider.builder().addSpanProcessor(processor).build()) {
        LinkedProgram.work(settings.attachTo(provider, processor));
      }
    }
  }
}
