package com.langfuse.sdk.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Where everything is sent: a {@link SinkServer} in a JVM of its own. */
final class Sink implements AutoCloseable {

  /** Names the sink to the JVMs that JMH starts. */
  static final String PROPERTY = "langfuse.bench.sink";

  private final String url;
  private final Process process;

  private Sink(String url, Process process) {
    this.url = url;
    this.process = process;
  }

  /** Another process, which lives until this one is closed or gone. */
  static Sink start() throws IOException {
    // Without nodelay each answer waits for the acknowledgement of the one before.
    Process process =
        Jvm.command(List.of("-Xmx1g", "-Dsun.net.httpserver.nodelay=true"), SinkServer.class)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader lines = process.inputReader();
    return new Sink("http://127.0.0.1:" + lines.readLine().strip(), process);
  }

  /** The one that another process has started. */
  static Sink at(String url) {
    return new Sink(url, null);
  }

  String url() {
    return url;
  }

  /** Those that have arrived since its start. */
  long spans() {
    try {
      HttpRequest request = HttpRequest.newBuilder(URI.create(url)).build();
      return Long.parseLong(http().send(request, HttpResponse.BodyHandlers.ofString()).body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Made when it is asked for: a program that measures its start must not pay for it. */
  private static HttpClient http() {
    return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  }

  /**
   * Fails unless exactly these have arrived: a number that was measured while spans got lost is
   * worth nothing. Waits for the last ones, since OpenTelemetry's flush may return before.
   *
   * @param before what {@link #spans()} said then
   */
  void expect(long spans, long before) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    long arrived = spans() - before;
    while (arrived < spans && System.nanoTime() < deadline) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
      arrived = spans() - before;
    }
    if (arrived != spans) {
      throw new IllegalStateException(spans + " spans were sent, " + arrived + " have arrived");
    }
  }

  @Override
  public void close() {
    if (process != null) {
      process.destroy();
    }
  }
}
