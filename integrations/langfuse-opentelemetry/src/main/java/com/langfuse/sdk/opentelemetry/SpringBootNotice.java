package com.langfuse.sdk.opentelemetry;

import java.util.logging.Logger;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.ApplicationListener;

/**
 * Says that nothing is sent where Spring Boot sets up OpenTelemetry, or nothing does: it does not
 * use OpenTelemetry's autoconfiguration, by which {@link LangfuseAutoConfiguration} is found. For
 * Spring Boot, which finds it by {@code META-INF/spring.factories}.
 */
final class SpringBootNotice implements ApplicationListener<ApplicationReadyEvent> {

  private static final Logger LOGGER = Logger.getLogger("com.langfuse.sdk");

  SpringBootNotice() {}

  @Override
  public void onApplicationEvent(ApplicationReadyEvent ready) {
    if (!LangfuseAutoConfiguration.wasCalled()) {
      LOGGER.warning(
          "Langfuse gets no spans: langfuse-opentelemetry works by OpenTelemetry's autoconfiguration,"
              + " which Spring Boot does not use. Add"
              + " io.opentelemetry.instrumentation:opentelemetry-spring-boot-starter, which does; or"
              + " use langfuse-java, and have Langfuse.builder().buildProcessor() as a bean.");
    }
  }
}
