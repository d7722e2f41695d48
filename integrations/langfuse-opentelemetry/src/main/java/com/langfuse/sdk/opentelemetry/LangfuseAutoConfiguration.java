package com.langfuse.sdk.opentelemetry;

import com.langfuse.sdk.Langfuse;
import com.langfuse.sdk.LangfuseBuilder;
import io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizer;
import io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizerProvider;
import io.opentelemetry.sdk.trace.SdkTracerProviderBuilder;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Logger;

/**
 * Sends the LLM spans of an autoconfigured OpenTelemetry SDK to Langfuse. Found by OpenTelemetry on
 * the class path, or in an extension of its Java agent; configured by the {@code LANGFUSE_*}
 * environment variables.
 *
 * <p>It adds a span processor and changes nothing else: the application's exporters, sampler and
 * limits stay as they are. When Langfuse cannot be set up, one line in the log says why, and the
 * application goes on without.
 */
public final class LangfuseAutoConfiguration implements AutoConfigurationCustomizerProvider {

  /** Not the System.Logger of the SDK: the agent takes over this one in its extensions. */
  private static final Logger LOGGER = Logger.getLogger("com.langfuse.sdk");

  private static final AtomicBoolean CALLED = new AtomicBoolean();

  /** Called by OpenTelemetry's service loader. */
  public LangfuseAutoConfiguration() {}

  @Override
  public void customize(AutoConfigurationCustomizer autoConfiguration) {
    CALLED.set(true);
    autoConfiguration.addTracerProviderCustomizer((provider, config) -> addProcessor(provider));
  }

  /** Whether OpenTelemetry has asked for what is here. */
  static boolean wasCalled() {
    return CALLED.get();
  }

  private static SdkTracerProviderBuilder addProcessor(SdkTracerProviderBuilder provider) {
    try {
      LangfuseBuilder settings = Langfuse.builder();
      if (settings.isEnabled()) {
        return provider.addSpanProcessor(settings.buildProcessor());
      }
      LOGGER.info(
          "Langfuse gets no spans: LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY are not both set, or"
              + " tracing is switched off.");
    } catch (IllegalArgumentException wrongSetting) {
      LOGGER.warning("Langfuse gets no spans: " + wrongSetting.getMessage());
    } catch (LinkageError otherOpenTelemetry) {
      LOGGER.warning("Langfuse gets no spans: " + otherOpenTelemetry);
    }
    return provider;
  }
}
