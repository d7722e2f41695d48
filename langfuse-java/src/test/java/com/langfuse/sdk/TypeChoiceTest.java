package com.langfuse.sdk;

import static com.langfuse.sdk.ObservationType.EMBEDDING;
import static com.langfuse.sdk.ObservationType.GENERATION;
import static com.langfuse.sdk.ObservationType.SPAN;
import static com.langfuse.sdk.ObservationType.TOOL;
import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.langfuse.sdk.local.LocalLangfuse;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A type that is chosen at run time, in each form that a Java caller writes it in. */
class TypeChoiceTest {

  private final LocalLangfuse local = LocalLangfuse.start();
  private final Langfuse langfuse =
      new LangfuseBuilder(variable -> null)
          .publicKey(local.publicKey())
          .secretKey(local.secretKey())
          .baseUrl(local.baseUrl().toString())
          .flushOnExit(false)
          .build();

  @AfterEach
  void close() {
    langfuse.close();
    local.close();
  }

  @Test
  void aConditionIsAnArgument() throws IOException {
    for (boolean model : List.of(true, false)) {
      langfuse.observation("run", model ? GENERATION : TOOL).input("in").run(o -> o.output("out"));
      String value =
          langfuse.observation("call", model ? GENERATION : TOOL).call(o -> read(o.id() == null));
      assertEquals("read", value);
      Observation started = langfuse.observation("start", model ? TOOL : GENERATION).start();
      started.observation("child", model ? GENERATION : SPAN).start().end();
      started.end();
    }
    assertEquals(Map.of("GENERATION", 4L, "TOOL", 3L, "SPAN", 1L), arrived());
  }

  @Test
  void aConditionIsAnArgumentOfObservedFunctionsAndAsyncBlocks() {
    for (boolean model : List.of(true, false)) {
      Function<String, Integer> length =
          langfuse
              .observed("fn", model ? GENERATION : TOOL)
              .captureInput(false)
              .function(String::length);
      assertEquals(3, length.apply("abc"));
      langfuse
          .observation("async", model ? GENERATION : TOOL)
          .callAsync(o -> CompletableFuture.completedFuture(o.id()))
          .join();
    }
    assertEquals(Map.of("GENERATION", 2L, "TOOL", 2L), arrived());
  }

  @Test
  void aVariableASwitchAndALookUpAreArguments() {
    ObservationType<? extends Observation> variable = local.baseUrl() == null ? GENERATION : TOOL;
    langfuse.observation("variable", variable).run(o -> o.input(1));
    for (ObservationType<?> each : ObservationType.values()) {
      langfuse.observation("each", each).start().end();
    }
    var types = Map.of("llm", GENERATION, "tool", TOOL);
    langfuse.observation("map", types.get("llm")).run(o -> o.input(1));
    langfuse
        .observation(
            "switch",
            switch (types.size()) {
              case 1 -> GENERATION;
              case 2 -> EMBEDDING;
              default -> TOOL;
            })
        .run(o -> o.input(1));
    Map<String, Long> arrived = arrived();
    assertEquals(2, arrived.get("TOOL"));
    assertEquals(2, arrived.get("GENERATION"));
    assertEquals(2, arrived.get("EMBEDDING"));
  }

  @Test
  void aConditionOfTwoModelTypesHandsOutAGeneration() {
    boolean vectors = local.baseUrl() != null;
    langfuse
        .observation("model", vectors ? EMBEDDING : GENERATION)
        .run(generation -> generation.model("m").usageDetails(Usage.of(1, 2)));
    ObservationBuilder<Observation> widened = langfuse.observation("wide", GENERATION);
    widened.run(o -> o.output(1));
    assertEquals(Map.of("EMBEDDING", 1L, "GENERATION", 1L), arrived());
  }

  private static String read(boolean fails) throws IOException {
    if (fails) {
      throw new IOException("no");
    }
    return "read";
  }

  private Map<String, Long> arrived() {
    langfuse.flush(Duration.ofSeconds(20));
    return local.observations().stream().collect(groupingBy(o -> o.type().toString(), counting()));
  }
}
