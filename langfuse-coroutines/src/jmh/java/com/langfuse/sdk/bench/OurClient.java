package com.langfuse.sdk.bench;

import com.langfuse.sdk.Langfuse;
import com.langfuse.sdk.LangfuseBuilder;
import com.langfuse.sdk.Observation;
import com.langfuse.sdk.export.FlushReport;
import io.opentelemetry.context.Scope;
import java.time.Duration;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A client with its own provider, as {@code Langfuse.fromEnv()} makes it, sending to the sink. */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
public class OurClient {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private Sink sink;
  private long before;
  private long made;
  private Langfuse langfuse;
  private Observation outer;

  @Setup(Level.Trial)
  public void open() {
    sink = Sink.at(System.getProperty(Sink.PROPERTY));
    before = sink.spans();
    langfuse = configured(to(sink)).build();
    outer = langfuse.observation("outer").start();
  }

  /** Nothing leaves before it is told to: a delivery thread would share the caller's processor. */
  static LangfuseBuilder to(Sink sink) {
    return Langfuse.builder()
        .publicKey("pk-lf-bench")
        .secretKey("sk-lf-bench")
        .baseUrl(sink.url())
        .flushOnExit(false)
        .flushAt(1_000_000)
        .flushInterval(Duration.ofHours(1))
        .delivery(line -> line.gzip(false));
  }

  LangfuseBuilder configured(LangfuseBuilder settings) {
    return settings;
  }

  /** How many of the ones that were made have to arrive. */
  long expected(long observations) {
    return observations;
  }

  @TearDown(Level.Invocation)
  public void deliver() {
    FlushReport report = langfuse.flush(PATIENCE);
    if (!report.isComplete()) {
      throw new IllegalStateException(report.toString());
    }
  }

  @TearDown(Level.Trial)
  public void close() {
    outer.end();
    langfuse.close();
    sink.expect(expected(made + 1), before);
  }

  Langfuse langfuse() {
    return langfuse;
  }

  Observation outer() {
    return outer;
  }

  /** Below an observation, as nearly all of them are. */
  void burst(int observations, Runnable one) {
    together(
        observations,
        () -> {
          for (int i = 0; i < observations; i++) {
            one.run();
          }
        });
  }

  /** The same, with a loop of its own. */
  void together(long observations, Runnable all) {
    made += observations;
    try (Scope ignored = outer.makeCurrent()) {
      CallerCost.of(observations, all);
    }
  }

  /** The same for what other threads do, whose cost is not looked at. */
  void elsewhere(long observations, Runnable all) {
    made += observations;
    try (Scope ignored = outer.makeCurrent()) {
      all.run();
    }
  }

  /** A block with input and output. */
  void inputOutput(int observations, Object input, Object output) {
    burst(
        observations,
        () -> langfuse.observation("step").input(input).run(step -> step.output(output)));
  }

  /** Sampled out. */
  public static class Unsampled extends OurClient {
    @Override
    LangfuseBuilder configured(LangfuseBuilder settings) {
      return settings.sampleRate(0);
    }

    @Override
    long expected(long observations) {
      return 0;
    }
  }

  /** Switched off. */
  public static class Disabled extends OurClient {
    @Override
    LangfuseBuilder configured(LangfuseBuilder settings) {
      return settings.tracingEnabled(false);
    }

    @Override
    long expected(long observations) {
      return 0;
    }
  }
}
