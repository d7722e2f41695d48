package org.example;

import io.opentelemetry.api.OpenTelemetry;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Has an LLM library that records spans, and knows nothing of Langfuse. */
@SpringBootApplication
public class Application {

  public static void main(String[] arguments) {
    try (var context = SpringApplication.run(Application.class, arguments)) {
      context
          .getBean(OpenTelemetry.class)
          .getTracer("llm library")
          .spanBuilder("chat")
          .setAttribute("gen_ai.request.model", "gpt-4o")
          .startSpan()
          .end();
    }
  }
}
