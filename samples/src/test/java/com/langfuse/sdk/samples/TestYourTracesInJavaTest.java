package com.langfuse.sdk.samples;

import static com.langfuse.sdk.local.assertion.LangfuseAssertions.generation;
import static com.langfuse.sdk.local.assertion.LangfuseAssertions.retriever;
import static com.langfuse.sdk.local.assertion.LangfuseAssertions.span;

import com.langfuse.sdk.junit5.LangfuseExtension;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How to test what a program traces, with JUnit 5. */
class TestYourTracesInJavaTest {

  @AutoClose private final StandInModel model = StandInModel.Companion.start(Duration.ZERO);

  // region test
  @RegisterExtension static final LangfuseExtension langfuse = LangfuseExtension.create().strict();

  @Test
  void aQuestionIsOneTrace() {
    new JavaQuickstart(langfuse.client(), model).answer("What does a ticket cost?");

    langfuse
        .trace("answer-question")
        .hasTree(
            span(
                "answer-question",
                retriever("search-handbook"),
                generation("chat").model("stand-in-1").output(text -> text.contains("9 pounds"))))
        .hasUserId("u-1")
        .hasSessionId("s-1");
  }

  // endregion
}
