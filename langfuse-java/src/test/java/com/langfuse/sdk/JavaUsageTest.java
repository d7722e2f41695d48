package com.langfuse.sdk;

import static com.langfuse.sdk.ObservationType.GENERATION;
import static com.langfuse.sdk.ObservationType.TOOL;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.langfuse.sdk.export.FlushReport;
import com.langfuse.sdk.local.LocalLangfuse;
import io.opentelemetry.context.Scope;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The API as a Java caller writes it: overloads, inference and checked exceptions are part of it.
 */
class JavaUsageTest {

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
  void nestedBlocksReturnTheirValues() {
    int length =
        langfuse
            .observation("user-request")
            .input(Map.of("query", "joke"))
            .call(
                request -> {
                  String joke =
                      langfuse
                          .observation("joke-generation", GENERATION)
                          .model("gpt-4o")
                          .input(List.of(Map.of("role", "user", "content", "joke")))
                          .call(
                              generation -> {
                                generation.output("ha").usageDetails(Usage.of(12, 34));
                                return "ha";
                              });
                  request.output(joke);
                  return joke.length();
                });
    assertEquals(2, length);
    assertEquals(
        """
        user-request  2 observations
        └─ SPAN user-request
           └─ GENERATION joke-generation  gpt-4o  12→34 tokens""",
        arrived());
  }

  @Test
  void aCheckedExceptionKeepsItsType() {
    IOException thrown = new IOException("no network");
    IOException caught =
        assertThrows(
            IOException.class,
            () ->
                langfuse
                    .observation("call")
                    .call(
                        observation -> {
                          if (observation.id() != null) {
                            throw thrown;
                          }
                          return "never";
                        }));
    assertSame(thrown, caught);
    // Compiles without a throws clause: a block that throws nothing asks for nothing.
    langfuse.observation("run").run(observation -> observation.output("fine"));
    langfuse.flush(Duration.ofMinutes(2));
    assertEquals("no network", local.observations().get(0).statusMessage());
  }

  @Test
  void manualObservationsChainFluently() throws Exception {
    try (Scope scope = langfuse.propagate().userId("u").tags("beta").makeCurrent()) {
      Generation manual = langfuse.observation("background", GENERATION).start();
      manual.observation("child", TOOL).start().end();
      manual.model("m").output("done").level(ObservationLevel.DEBUG).end();
    }
    CompletableFuture<Integer> later =
        langfuse.observation("async").callAsync(o -> CompletableFuture.completedFuture(1));
    assertEquals(1, later.get());
    FlushReport report = langfuse.flush(Duration.ofMinutes(2));
    assertEquals(3, report.exported());
    assertEquals("u", local.traces().get(0).userId());
  }

  private String arrived() {
    langfuse.flush(Duration.ofMinutes(2));
    return local.traces().get(0).toTree(false);
  }
}
