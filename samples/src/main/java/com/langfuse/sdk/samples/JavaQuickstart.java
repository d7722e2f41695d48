package com.langfuse.sdk.samples;

import static com.langfuse.sdk.ObservationType.GENERATION;
import static com.langfuse.sdk.ObservationType.RETRIEVER;
import static com.langfuse.sdk.samples.Documents.handbook;
import static com.langfuse.sdk.samples.Documents.passages;
import static com.langfuse.sdk.samples.Prompts.answerPrompt;

import com.langfuse.sdk.Langfuse;
import io.opentelemetry.context.Scope;
import java.util.List;

/** Search and generation in plain Java, nested, for a known user. */
public final class JavaQuickstart {

  private final Langfuse langfuse;
  private final ChatModel model;
  private final Bm25<Passage> index = new Bm25<>(passages(handbook()), Passage::text);

  JavaQuickstart(Langfuse langfuse, ChatModel model) {
    this.langfuse = langfuse;
    this.model = model;
  }

  public static void main(String[] args) {
    String question = args.length == 0 ? "What does a ticket cost?" : String.join(" ", args);
    try (TraceTarget target = TraceTarget.fromEnv();
        ChatModel model = ChatModel.fromEnv()) {
      Langfuse langfuse = target.langfuse();
      JavaQuickstart quickstart = new JavaQuickstart(langfuse, model);
      System.out.println(quickstart.answer(question));
      System.out.println(langfuse.flush());
      target.show();
    }
  }

  String answer(String question) {
    try (Scope visit = langfuse.propagate().userId("u-1").sessionId("s-1").makeCurrent()) {
      return langfuse
          .observation("answer-question")
          .input(question)
          .call(
              request -> {
                String answer = chat(answerPrompt(question, search(question)));
                request.output(answer);
                return answer;
              });
    }
  }

  // region quickstart
  String chat(List<Message> prompt) {
    return langfuse
        .observation("chat", GENERATION)
        .model(model.getName())
        .input(prompt)
        .call(
            generation -> {
              ChatReply reply = model.askBlocking(prompt);
              generation.output(reply.text()).usageDetails(reply.usage());
              return reply.text();
            });
  }

  // endregion

  private List<Passage> search(String question) {
    var search = langfuse.observation("search-handbook", RETRIEVER).input(question);
    return search.call(
        retriever -> {
          List<Passage> found = index.search(question, 3).stream().map(Ranked::item).toList();
          retriever.output(found);
          return found;
        });
  }
}
