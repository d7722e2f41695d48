package com.langfuse.sdk.junit5;

import static com.langfuse.sdk.ObservationType.GENERATION;
import static com.langfuse.sdk.ObservationType.TOOL;
import static com.langfuse.sdk.local.assertion.LangfuseAssertions.generation;
import static com.langfuse.sdk.local.assertion.LangfuseAssertions.span;
import static com.langfuse.sdk.local.assertion.LangfuseAssertions.tool;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import com.langfuse.sdk.Langfuse;
import com.langfuse.sdk.Usage;
import com.langfuse.sdk.local.LocalLangfuse;
import io.opentelemetry.context.Scope;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How a test of a user's looks. */
class ChatTest {

  /** The program under test. */
  private record Chat(Langfuse langfuse) {

    String answer(String question) {
      try (Scope ignored = langfuse.propagate().userId("u-1").tags("beta").makeCurrent()) {
        return langfuse
            .observation("user-request")
            .call(
                request -> {
                  langfuse.observation("fetch", TOOL).input(Map.of("url", "/fog")).start().end();
                  return langfuse
                      .observation("llm", GENERATION)
                      .model("gpt-4o")
                      .call(
                          llm -> {
                            llm.usageDetails(Usage.of(12, 34)).output(question + " Because.");
                            return question + " Because.";
                          });
                });
      }
    }
  }

  // region test
  @RegisterExtension static final LangfuseExtension langfuse = LangfuseExtension.create().strict();

  @Test
  void aRequestIsOneTrace() {
    new Chat(langfuse.client()).answer("Why?");

    langfuse
        .trace("user-request")
        .hasTree(
            span(
                "user-request",
                generation("llm").model("gpt-4o").usage("input", 12).usage("output", 34),
                tool("fetch").input(Map.of("url", "/fog"))))
        .hasUserId("u-1")
        .hasTags("beta");
  }

  // endregion

  @Test
  void eachTestBeginsWithAnEmptyLangfuse() {
    assertEquals(0, langfuse.local().observations().size());
    new Chat(langfuse.client()).answer("How?");
    langfuse.trace("user-request").hasTree(span("user-request").andOthers());
  }

  @Test
  void parametersAreTheOnesOfTheExtension(Langfuse client, LocalLangfuse local) {
    assertSame(langfuse.client(), client);
    assertSame(langfuse.local(), local);
  }
}
