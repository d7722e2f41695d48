package org.example;

import static com.langfuse.sdk.ObservationType.GENERATION;

import com.langfuse.sdk.Langfuse;
import com.langfuse.sdk.Usage;
import com.langfuse.sdk.local.LocalLangfuse;
import com.langfuse.sdk.local.LocalObservation;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootVersion;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** A web application with a client as a bean. Calls itself once, and checks the trace of that call. */
@SpringBootApplication
public class Application {

  private static final String PORT = "local.server.port";

  public static void main(String[] arguments) throws Exception {
    try (LocalLangfuse local = LocalLangfuse.start()) {
      SpringApplication application = new SpringApplication(Application.class);
      application.setDefaultProperties(
          Map.of("server.port", "0", "langfuse.base-url", local.baseUrl().toString()));
      try (ConfigurableApplicationContext context = application.run(arguments)) {
        String server = "http://127.0.0.1:" + context.getEnvironment().getProperty(PORT);
        check(get(server + "/ask").equals("{\"answer\":\"A fog horn.\"}"), "the JSON of the application");
        check(get(server + "/actuator/health").contains("UP"), "health");
      }
      List<LocalObservation> observations = local.observations();
      check(observations.size() == 2, "two observations, not " + observations);
      LocalObservation answer =
          observations.stream().filter(each -> each.name().equals("answer")).findFirst().orElseThrow();
      check(answer.parentId() != null, "a parent");
      check("A fog horn.".equals(answer.output()), "its last output, not " + answer.output());
    }
    System.out.printf(
        "Spring Boot %s, OpenTelemetry %s: one request, one trace.%n",
        SpringBootVersion.getVersion(),
        io.opentelemetry.sdk.trace.SdkTracerProvider.class.getPackage().getImplementationVersion());
  }

  private static String get(String uri) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(URI.create(uri)).build();
    return HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
  }

  private static void check(boolean isTrue, String what) {
    if (!isTrue) {
      throw new IllegalStateException("Expected " + what);
    }
  }

  @Bean
  Langfuse langfuse(org.springframework.core.env.Environment environment) {
    return Langfuse.builder()
        .publicKey("pk-lf-local")
        .secretKey("sk-lf-local")
        .baseUrl(environment.getRequiredProperty("langfuse.base-url"))
        .build();
  }

  record Answer(String answer) {}

  @RestController
  static class Questions {

    private final Langfuse langfuse;

    Questions(Langfuse langfuse) {
      this.langfuse = langfuse;
    }

    @GetMapping("/ask")
    Answer ask() {
      return langfuse
          .observation("ask")
          .input(Map.of("question", "What guides ships in fog?"))
          .call(
              ask ->
                  langfuse
                      .observation("answer", GENERATION)
                      .model("gpt-4o")
                      .call(
                          generation -> {
                            generation.output(Map.of("draft", 1)).usageDetails(Usage.of(7, 4));
                            generation.output("A fog horn.");
                            return new Answer("A fog horn.");
                          }));
    }
  }
}
