package com.langfuse.sdk.local;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * The socket: reads requests, lets faults have their turn, writes answers. The page in the browser
 * meets no faults and leaves no trace in the log: both belong to the client under test.
 */
final class Receiver implements AutoCloseable {

  private static final String NO_DELAY = "sun.net.httpserver.nodelay";
  private static final int NO_ANSWER = 0;

  static {
    // Or each answer waits 40 ms: headers and body are two packets, and the kernel holds back the
    // second until the first is acknowledged. Read once by the JDK's server, hence this early.
    if (System.getProperty(NO_DELAY) == null) {
      System.setProperty(NO_DELAY, "true");
    }
  }

  private final Api api;
  private final HostGuard hosts;
  private final PageRoutes page;
  private final FaultQueue faults;
  private final RequestLog log;
  private final HttpServer server;
  private final ExecutorService threads;
  private final BodyReader.Budget budget = new BodyReader.Budget();

  Receiver(
      InetSocketAddress address,
      Api api,
      HostGuard hosts,
      PageRoutes page,
      FaultQueue faults,
      RequestLog log) {
    this.api = api;
    this.hosts = hosts;
    this.page = page;
    this.faults = faults;
    this.log = log;
    this.server = listen(address);
    AtomicInteger count = new AtomicInteger();
    this.threads =
        Executors.newCachedThreadPool(
            task -> DaemonThread.of(task, "langfuse-local-" + count.incrementAndGet()));
    server.setExecutor(threads);
    server.createContext("/", this::serve);
  }

  /** On a thread of its own, which the server's clock inherits from. */
  private static HttpServer listen(InetSocketAddress address) {
    CompletableFuture<HttpServer> server = new CompletableFuture<>();
    CompletableFuture<IOException> failure = new CompletableFuture<>();
    DaemonThread.run(
        () -> {
          try {
            server.complete(HttpServer.create(address, 0));
          } catch (IOException e) {
            failure.complete(e);
          }
        },
        "langfuse-local-start");
    IOException e = failure.getNow(null);
    if (e != null) {
      throw new UncheckedIOException(
          "Cannot listen on %s:%d: %s"
              .formatted(address.getAddress().getHostAddress(), address.getPort(), e.getMessage()),
          e);
    }
    return server.join();
  }

  /** The server's own thread is a daemon only if a daemon starts it. */
  void start() {
    DaemonThread.run(server::start, "langfuse-local-start");
  }

  int port() {
    return server.getAddress().getPort();
  }

  /** Closes every connection, including those that hang, and ends every delay. */
  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (BodyReader body = new BodyReader(exchange, budget)) {
      Call call = Call.of(exchange, Instant.now());
      try {
        serve(exchange, call, body);
      } catch (IOException hungUp) {
        throw hungUp; // closes the connection
      } catch (
          Throwable
              e) { // an Error as well: without an answer the client would wait until its timeout
        send(exchange, body, failure(e), false);
      }
    }
  }

  private void serve(HttpExchange exchange, Call call, BodyReader body) throws IOException {
    if (page.takes(call.path())) {
      send(exchange, body, answer(() -> page.answer(call)), false);
      return;
    }
    Answer foreign = hosts.refusal(call);
    if (foreign != null) {
      log.add(call.answered(foreign.status(), 0));
      send(exchange, body, foreign, false);
      return;
    }
    // A self-hosted Langfuse drops upgrade requests like this: a client that sends h2c must notice.
    boolean upgrade = call.header("upgrade") != null;
    List<Fault> candidates = upgrade ? List.of(Fault.reset()) : faults.next(call.path());
    if (!candidates.isEmpty() && candidates.get(0).kind() == Fault.Kind.RESET) {
      reset(exchange, call);
      return;
    }
    boolean inflates = call.path().equals(TraceExport.PATH);
    serve(exchange, call.withBody(body.read(api.largestBody(call), inflates)), body, candidates);
  }

  private void serve(HttpExchange exchange, Call call, BodyReader body, List<Fault> candidates)
      throws IOException {
    boolean admitted = api.admits(call);
    // Of a call without the keys nothing is kept, or strangers could fill the memory.
    Call kept = admitted ? call : call.withBody(Body.NONE);
    TraceExport export = admitted ? export(call) : TraceExport.NONE;
    Fault fault =
        candidates.stream()
            .filter(each -> each.hits(kept.body().wire().length, export.spans()))
            .findFirst()
            .orElse(Fault.NONE);
    if (fault.kind() == Fault.Kind.RESET) {
      reset(exchange, kept);
      return;
    }
    int spans = export.spans().size();
    if (!fault.delay().isZero()) {
      body.close(); // or other requests would wait for this one
    }
    if (fault.kind() == Fault.Kind.HANG || isClosedDuring(fault.delay())) {
      // No thread waits: the connection stays open, without an answer, until close().
      log.add(kept.answered(NO_ANSWER, spans));
      return;
    }
    Answer refusal = fault.answer(kept.body().wire().length);
    Answer answer = refusal != null ? refusal : answer(() -> api.answer(call, export));
    // Logged first, so that whoever has the answer finds the request.
    log.add(kept.answered(answer.status(), spans));
    send(exchange, body, answer, fault.kind() == Fault.Kind.HALF_BODY);
  }

  /** Decodes the body on the route for traces; never throws. */
  private static TraceExport export(Call call) {
    if (!call.path().equals(TraceExport.PATH)) {
      return TraceExport.NONE;
    }
    try {
      return TraceExport.of(call);
    } catch (Throwable e) {
      return TraceExport.failed(e);
    }
  }

  private void reset(HttpExchange exchange, Call call) {
    log.add(call.answered(NO_ANSWER, 0));
    exchange.close();
  }

  /** Sleeps; {@link #close()} interrupts. */
  private static boolean isClosedDuring(Duration delay) {
    try {
      TimeUnit.NANOSECONDS.sleep(TimeUnit.NANOSECONDS.convert(delay));
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  private static Answer answer(Supplier<Answer> answer) {
    try {
      return answer.get();
    } catch (Throwable e) {
      return failure(e);
    }
  }

  private static Answer failure(Throwable e) {
    return Answer.error(500, "Could not take this request: " + e);
  }

  private static void send(HttpExchange exchange, BodyReader body, Answer answer, boolean half)
      throws IOException {
    body.close(); // or other requests would wait for a client that reads or sends slowly
    answer.headers().forEach(exchange.getResponseHeaders()::set);
    int length = answer.body().length;
    if (exchange.getRequestMethod().equals("HEAD")
        || answer.status() == 204
        || answer.status() == 304) {
      exchange.sendResponseHeaders(answer.status(), -1);
    } else if (answer.stream() != null) {
      exchange.sendResponseHeaders(answer.status(), 0);
      answer.stream().writeTo(exchange.getResponseBody());
    } else {
      exchange.sendResponseHeaders(answer.status(), half ? length * 2L : length);
      OutputStream out = exchange.getResponseBody();
      out.write(answer.body());
      out.flush();
      body.drain();
    }
    exchange.close();
  }
}
