package com.langfuse.sdk.local;

import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A Langfuse on loopback: takes traces from any Langfuse SDK or OpenTelemetry exporter over
 * OTLP/HTTP, keeps them in memory and hands them out as typed records.
 *
 * <pre>{@code
 * try (LocalLangfuse langfuse = LocalLangfuse.start()) {
 *   runApplicationWith(langfuse.baseUrl(), langfuse.publicKey(), langfuse.secretKey());
 *
 *   LocalObservation joke = langfuse.awaitObservation("joke-generation", Duration.ofSeconds(5));
 *   assertEquals("gpt-4o", joke.model());
 * }
 * }</pre>
 *
 * <p>Made for tests and for a terminal next to your editor: nothing is stored on disk and nothing
 * is forgotten before {@link #clear()}. Do not expose it to a network and do not leave it running
 * for days; that is what Langfuse is for.
 *
 * <p>The {@code await…} methods block on arrivals, without polling, and throw {@link
 * AssertionError} when the deadline passes, because a trace that never came is a failed test and
 * not an exceptional state. The message shows the tree of what did arrive. An interrupted thread
 * stays interrupted and gets the same error at once.
 *
 * <p>All methods may be called from any thread, also after {@link #close()}, which only ends the
 * receiving.
 */
public final class LocalLangfuse implements AutoCloseable {

  private final FaultQueue faults = new FaultQueue();
  private final RequestLog requests = new RequestLog();
  private final ObservationStore store = new ObservationStore();
  private final Receiver receiver;
  private final String publicKey;
  private final String secretKey;
  private final URI baseUrl;

  private LocalLangfuse(Builder settings) {
    this.publicKey = settings.publicKey;
    this.secretKey = settings.secretKey;
    this.receiver =
        new Receiver(settings.port, new Api(publicKey, secretKey, store), faults, requests);
    this.baseUrl = URI.create("http://127.0.0.1:" + receiver.port());
    receiver.start();
  }

  /** Listens on a free port of 127.0.0.1 with the default keys. */
  public static LocalLangfuse start() {
    return builder().start();
  }

  /** For a fixed port or other keys. */
  public static Builder builder() {
    return new Builder();
  }

  /** {@code http://127.0.0.1:PORT}, without a trailing slash. */
  public URI baseUrl() {
    return baseUrl;
  }

  /** {@code pk-lf-local} unless set. */
  public String publicKey() {
    return publicKey;
  }

  /** {@code sk-lf-local} unless set. */
  public String secretKey() {
    return secretKey;
  }

  /** All observations so far, ordered by start time, then arrival. A snapshot. */
  public List<LocalObservation> observations() {
    return store.observations();
  }

  /** All traces so far, ordered by their first start time. A snapshot. */
  public List<LocalTrace> traces() {
    return store.traces();
  }

  /** How often a span arrived that was there already; the later one has replaced the earlier. */
  public long duplicates() {
    return store.duplicates();
  }

  /**
   * Waits until at least that many observations are there, in all traces together.
   *
   * @return all observations, as from {@link #observations()}
   * @throws AssertionError on the deadline
   */
  public List<LocalObservation> awaitObservations(int count, Duration deadline) {
    return store
        .awaitCount(count, deadline)
        .orElseThrow(
            () -> shortfall("at least " + TerminalText.count(count, "observation"), deadline));
  }

  /**
   * Waits for an observation of that name and returns the first to arrive.
   *
   * @throws AssertionError on the deadline
   */
  public LocalObservation awaitObservation(String name, Duration deadline) {
    return store
        .awaitObservation(name, deadline)
        .orElseThrow(() -> shortfall("an observation '%s'".formatted(name), deadline));
  }

  /**
   * Waits for a trace of that name with at least that many observations. Name the full number:
   * spans arrive when they end, so a trace is rarely there all at once.
   *
   * @param name of the trace, which is its root's unless a trace name was sent
   * @throws AssertionError on the deadline
   */
  public LocalTrace awaitTrace(String name, Duration deadline, int observations) {
    return store
        .awaitTrace(name, deadline, observations)
        .orElseThrow(
            () ->
                shortfall(
                    "a trace '%s' with at least %s"
                        .formatted(name, TerminalText.count(observations, "observation")),
                    deadline));
  }

  /** Every HTTP request so far, refused and unanswered ones included, in order. A snapshot. */
  public List<ReceivedRequest> requests() {
    return requests.all();
  }

  /**
   * Waits until at least that many requests have come in.
   *
   * @return all requests, as from {@link #requests()}
   * @throws AssertionError on the deadline
   */
  public List<ReceivedRequest> awaitRequests(int count, Duration deadline) {
    return requests
        .await(count, deadline)
        .orElseThrow(() -> shortfall("at least " + TerminalText.count(count, "request"), deadline));
  }

  /** Goes wrong in these ways for the next requests, one each, in order. Adds to those waiting. */
  public void enqueue(Fault... next) {
    faults.enqueue(List.of(next));
  }

  /**
   * Goes wrong in this way whenever no enqueued fault is left.
   *
   * @param fault null to behave again
   */
  public void always(@Nullable Fault fault) {
    faults.always(fault);
  }

  /** Forgets observations, duplicates and requests, as between two tests. Faults stay. */
  public void clear() {
    store.clear();
    requests.clear();
  }

  /** Stops listening and closes every connection. What was received stays readable. Idempotent. */
  @Override
  public void close() {
    receiver.close();
  }

  /** Prints from now on every trace when it is complete, and refusals at once; close to end. */
  TracePrinter print(TraceTree tree, Consumer<String> out, Duration moment, Duration patience) {
    TracePrinter printer = new TracePrinter(store, tree, out, moment, patience);
    store.onGrowth(printer::grew);
    requests.onRefusal(printer::refused);
    return printer;
  }

  private AssertionError shortfall(String awaited, Duration deadline) {
    return Shortfall.of(awaited, deadline, traces(), requests());
  }

  /**
   * Runs as a program: {@code --port N}. Prints its address, the environment variables that point
   * an SDK at it, and then each trace when it is complete. Requests it refuses get a line each, so
   * that a wrong key does not look like silence. Ends when killed.
   */
  public static void main(String[] args) {
    CommandLine commandLine;
    try {
      commandLine = CommandLine.parse(args);
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage() + "\n\n" + CommandLine.USAGE);
      System.exit(2);
      return;
    }
    try {
      commandLine.run();
    } catch (UncheckedIOException e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }

  /** Settings of a server yet to start. Not thread-safe. */
  public static final class Builder {

    private int port;
    private String publicKey = "pk-lf-local";
    private String secretKey = "sk-lf-local";

    private Builder() {}

    /**
     * A fixed port, such as one written into a configuration. Tests better leave it free.
     *
     * @param port 0, the default, for any free one
     */
    public Builder port(int port) {
      this.port = port;
      return this;
    }

    /** The only keys to be let in; all others get 401. */
    public Builder keys(String publicKey, String secretKey) {
      this.publicKey = publicKey;
      this.secretKey = secretKey;
      return this;
    }

    /**
     * Starts listening; returns when requests are taken.
     *
     * @throws UncheckedIOException if the port is taken
     */
    public LocalLangfuse start() {
      return new LocalLangfuse(this);
    }
  }
}
