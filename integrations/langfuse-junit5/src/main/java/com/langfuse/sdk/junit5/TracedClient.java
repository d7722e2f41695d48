package com.langfuse.sdk.junit5;

import com.langfuse.sdk.Langfuse;
import com.langfuse.sdk.LangfuseBuilder;
import com.langfuse.sdk.local.LocalLangfuse;
import com.langfuse.sdk.local.assertion.LangfuseAssert;
import com.langfuse.sdk.local.assertion.StartedObservations;
import java.time.Duration;
import java.util.function.Consumer;

/** A client, what it sends to, and what the present test has traced. */
final class TracedClient implements AutoCloseable {

  /** Far more than loopback takes, unless the test has told that end to misbehave. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final LocalLangfuse local = LocalLangfuse.start();
  private final StartedObservations started = new StartedObservations();
  private final Langfuse client;
  private volatile LangfuseAssert traced;

  TracedClient(Consumer<LangfuseBuilder> configuration) {
    // What a developer's environment says must not change the outcome of tests.
    LangfuseBuilder builder =
        Langfuse.builder()
            .publicKey(local.publicKey())
            .secretKey(local.secretKey())
            .baseUrl(local.baseUrl().toString())
            .tracingEnabled(true)
            .sampleRate(1)
            .flushOnExit(false)
            .processDefault(false)
            .delivery(line -> line.immediate(true))
            .spanProcessor(new StartedSpans(started));
    configuration.accept(builder);
    client = builder.build();
    traced = assertion();
  }

  private LangfuseAssert assertion() {
    return LangfuseAssert.of(local, started, () -> client.flush(PATIENCE));
  }

  Langfuse client() {
    return client;
  }

  LocalLangfuse local() {
    return local;
  }

  LangfuseAssert traced() {
    return traced;
  }

  /** A test begins: nothing of the one before is left, on the way or in the way. */
  void forget() {
    local.always(null);
    client.flush();
    local.clear();
    started.clear();
    traced = assertion();
  }

  @Override
  public void close() {
    client.close(PATIENCE);
    local.close();
  }
}
