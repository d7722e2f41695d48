package com.langfuse.sdk.local;

import com.langfuse.sdk.local.JsonLines.Limits;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A Langfuse on loopback: takes what any Langfuse SDK or OpenTelemetry exporter sends, keeps it in
 * memory and hands it out as typed records. It takes
 *
 * <ul>
 *   <li>traces over OTLP/HTTP, in protobuf or JSON;
 *   <li>scores, in batches of events or one by one, held against the server's rules;
 *   <li>media, that is images, recordings and other files: announced, uploaded to a URL of the same
 *       server and reported, as with a store of blobs.
 * </ul>
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
 * <p>Made for tests and for your own machine: it listens on loopback, keeps what fits into {@link
 * Builder#memory}, and nothing on disk unless there is a {@link Builder#data data folder}. It is no
 * place for a team's traces; that is what Langfuse is for. A load test of hours wants {@link
 * Builder#keepBodies} and {@link Builder#keepObservations} set to false.
 *
 * <p>The {@code await…} methods block on arrivals, without polling, and nearly all throw {@link
 * AssertionError} when the deadline passes, because a trace that never came is a failed test and
 * not an exceptional state. The message shows the tree of what did arrive. An interrupted thread
 * stays interrupted and gets the same error at once.
 *
 * <p>All methods may be called from any thread, also after {@link #close()}, which only ends the
 * receiving.
 */
public final class LocalLangfuse implements AutoCloseable {

  private final FaultQueue faults = new FaultQueue();
  private final RequestLog requests;
  private final ObservationStore store;
  private final ScoreStore scores;
  private final MediaStore media;
  private final @Nullable Archive archive;
  private final Receiver receiver;
  private final String publicKey;
  private final String secretKey;
  private final URI baseUrl;

  private LocalLangfuse(Builder settings) {
    InetSocketAddress address = settings.address();
    this.publicKey = settings.publicKey;
    this.secretKey = settings.secretKey;
    this.requests = new RequestLog(settings.keepBodies, settings.memory / 8);
    this.store = new ObservationStore(settings.keepObservations, settings.memory / 2);
    this.scores = new ScoreStore(settings.memory / 8, store::touch);
    this.media = new MediaStore(settings.memory / 4, store::touch);
    this.archive = settings.data == null ? null : Archive.open(settings.data, Limits.STANDARD);
    ScoreRoutes scoring = new ScoreRoutes(scores, archive);
    MediaRoutes files = new MediaRoutes(media, archive, settings.uploadHost);
    Api api =
        new Api(
            publicKey,
            secretKey,
            settings.largestExport(),
            store,
            archive,
            scoring,
            files,
            new ScoreList(scores));
    HostGuard hosts = new HostGuard(address.getAddress(), settings.hostNames());
    PageRoutes page =
        new PageRoutes(
            PageGuard.at(address.getAddress(), hosts, publicKey, secretKey),
            new ViewRoutes(store, scores, media, publicKey, secretKey));
    try {
      if (archive != null) {
        archive.replay(store, scoring, media, settings.memory / 2);
      }
      this.receiver = new Receiver(address, api, hosts, page, faults, requests);
    } catch (RuntimeException | Error e) { // such as too little memory for what is in the folder
      closeArchive();
      throw e;
    }
    String host = address.getAddress().isAnyLocalAddress() ? "127.0.0.1" : settings.host;
    this.baseUrl =
        URI.create(
            "http://%s:%d"
                .formatted(host.contains(":") ? "[" + host + "]" : host, receiver.port()));
    receiver.start();
  }

  /** Listens on a free port of 127.0.0.1 with the default keys. */
  public static LocalLangfuse start() {
    return builder().start();
  }

  /** For a fixed port, other keys, or less to keep. */
  public static Builder builder() {
    return new Builder();
  }

  /** {@code http://127.0.0.1:PORT} as a rule, without a trailing slash. */
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

  /**
   * How many different observations have arrived (one that comes again after it was forgotten
   * counts once more): those in {@link #observations()}, those {@link #forgottenObservations()
   * forgotten}, and those that are not {@link Builder#keepObservations kept} at all.
   */
  public long observationCount() {
    return store.count();
  }

  /**
   * How many observations had to go, with the oldest traces, for newer ones; see {@link
   * Builder#memory}.
   */
  public long forgottenObservations() {
    return store.forgottenObservations();
  }

  /** How often a span arrived that was there already; the later one has replaced the earlier. */
  public long duplicates() {
    return store.duplicates();
  }

  /**
   * Waits until at least that many observations are there, in all traces together.
   *
   * @return all observations, as from {@link #observations()}: none if they are not kept
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
    Objects.requireNonNull(name, "name");
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
    Objects.requireNonNull(name, "name");
    return store
        .awaitTrace(name, deadline, observations)
        .orElseThrow(
            () ->
                shortfall(
                    "a trace '%s' with at least %s"
                        .formatted(name, TerminalText.count(observations, "observation")),
                    deadline));
  }

  /**
   * Waits until the condition holds for all traces so far. It is asked on this thread, at once and
   * after whatever arrives, and may take its time: receiving goes on meanwhile.
   *
   * <pre>{@code
   * boolean both = langfuse.awaitTraces(traces -> traces.size() == 2, Duration.ofSeconds(5));
   * }</pre>
   *
   * @return whether it held by the deadline; unlike the other methods this one throws nothing
   */
  public boolean awaitTraces(Predicate<List<LocalTrace>> condition, Duration deadline) {
    Objects.requireNonNull(condition, "condition");
    return store.awaitTraces(condition, Objects.requireNonNull(deadline, "deadline"));
  }

  /**
   * All scores so far, in order of arrival; one that came again is where it was, as it came last. A
   * snapshot.
   */
  public List<LocalScore> scores() {
    return scores.all();
  }

  /**
   * Waits until at least that many scores are there.
   *
   * @return all scores, as from {@link #scores()}
   * @throws AssertionError on the deadline
   */
  public List<LocalScore> awaitScores(int count, Duration deadline) {
    return scores
        .await(count, deadline)
        .orElseThrow(
            () ->
                shortfall(
                    "at least %s, of %s that came"
                        .formatted(TerminalText.count(count, "score"), scores().size()),
                    deadline));
  }

  /** All media announced so far, in order, with their bytes if they came. A snapshot. */
  public List<LocalMedia> media() {
    return media.all();
  }

  /**
   * Waits until at least that many media are there with their bytes.
   *
   * @return all media, as from {@link #media()}: those only announced, too
   * @throws AssertionError on the deadline
   */
  public List<LocalMedia> awaitMedia(int count, Duration deadline) {
    return media
        .await(count, deadline)
        .orElseThrow(
            () ->
                shortfall(
                    "the bytes of at least %d media, of %d announced"
                        .formatted(count, media().size()),
                    deadline));
  }

  /**
   * Every HTTP request so far, refused and unanswered ones included, in order. A snapshot. Those of
   * the page in the browser are not among them, and meet no faults.
   */
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

  /**
   * Goes wrong in these ways for the next requests, one each, in order. Adds to those waiting. A
   * request takes the first that is not {@link Fault#on on other routes}, and uses it up even where
   * the fault lets it through.
   */
  public void enqueue(Fault... next) {
    Objects.requireNonNull(next, "next");
    faults.enqueue(Stream.of(next).map(LocalLangfuse::said).toList());
  }

  /**
   * Goes wrong in this way whenever no enqueued fault is left for a request.
   *
   * @param fault null to behave again
   */
  public void always(@Nullable Fault fault) {
    faults.always(fault == null ? List.of() : List.of(fault));
  }

  /**
   * Goes wrong in these ways whenever no enqueued fault is left for a request. The first that
   * concerns its route and does not let it through wins.
   *
   * <pre>{@code
   * langfuse.always(Fault.reset().on("/api/public/media"), Fault.refusing("bad"));
   * }</pre>
   */
  public void always(Fault first, Fault second, Fault... others) {
    Objects.requireNonNull(others, "others");
    faults.always(
        Stream.concat(Stream.of(first, second), Stream.of(others))
            .map(LocalLangfuse::said)
            .toList());
  }

  private static Fault said(Fault fault) {
    return Objects.requireNonNull(fault, "fault");
  }

  /**
   * How many requests could not be written to the {@linkplain Builder#data data folder}, such as on
   * a full disk; what they brought is in memory only. 0 without a folder.
   */
  public long unsaved() {
    return archive == null ? 0 : archive.unsaved();
  }

  /** Forgets all that was received, as between two tests. Faults stay, and files on disk. */
  public void clear() {
    store.clear();
    scores.clear();
    media.clear();
    requests.clear();
  }

  /** Stops listening and closes every connection. What was received stays readable. Idempotent. */
  @Override
  public void close() {
    receiver.close();
    closeArchive();
  }

  private void closeArchive() {
    if (archive != null) {
      archive.close();
    }
  }

  /** Prints from now on every trace when it is complete, and refusals at once; close to end. */
  TracePrinter print(TraceTree tree, Consumer<String> out, Duration moment, Duration patience) {
    TracePrinter printer = new TracePrinter(store, tree, out, moment, patience);
    store.onArrival(printer::grew);
    requests.onRefusal(printer::refused);
    return printer;
  }

  /** Prints from now on every observation when it arrives. */
  void follow(TraceTree tree, Consumer<String> out) {
    store.onArrival(batch -> batch.forEach(each -> out.accept(tree.line(each))));
  }

  /** Of this library; null when it runs from classes that are in no jar. */
  static @Nullable String version() {
    Module module = LocalLangfuse.class.getModule();
    return module.isNamed()
        ? module.getDescriptor().rawVersion().orElse(null)
        : LocalLangfuse.class.getPackage().getImplementationVersion();
  }

  private AssertionError shortfall(String awaited, Duration deadline) {
    return Shortfall.of(awaited, deadline, traces(), requests());
  }

  /**
   * Runs as a program; {@code --help} says how. Prints its address, the environment variables that
   * point an SDK at it, and then each trace when it is complete. Requests it refuses get a line
   * each, so that a wrong key does not look like silence. Ends when killed.
   */
  public static void main(String[] args) {
    int status = CommandLine.execute(args);
    if (status != 0) {
      System.exit(status);
    }
  }

  /** Settings of a server yet to start. Not thread-safe. */
  public static final class Builder {

    private static final String PUBLIC_KEY = "pk-lf-local";
    private static final String SECRET_KEY = "sk-lf-local";
    private static final int LARGEST_BODY = 64 << 20;

    private int port;
    private String host = "127.0.0.1";
    private String publicKey = PUBLIC_KEY;
    private String secretKey = SECRET_KEY;
    private @Nullable Path data;
    private boolean keepBodies = true;
    private boolean keepObservations = true;
    private long memory = Runtime.getRuntime().maxMemory() / 2;
    private @Nullable String uploadHost;
    private final Set<String> allowedHosts = new LinkedHashSet<>();
    private int largestBody = LARGEST_BODY;

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

    /**
     * An address that other machines may reach, such as {@code 0.0.0.0} for all that this one has.
     * Then {@link #keys} of your own are needed, for the page as well: what is sent here is read by
     * whoever has them, over plain HTTP.
     *
     * @param host name or address of this machine; {@code 127.0.0.1} by default
     */
    public Builder host(String host) {
      if (host.isBlank()) {
        throw new IllegalArgumentException("host is empty: write an address of this machine");
      }
      this.host = host.replaceAll("[\\[\\]]", ""); // an IPv6 address as it is in a URL
      return this;
    }

    /**
     * Keeps in files of this folder what arrives, and begins with what is there: for traces that
     * outlive the program. They are {@code traces-….jsonl} in OpenTelemetry's file format, one
     * export a line, and the like for scores and media: 1 GiB of each at most, the oldest go.
     * Readable by their owner only. One server at a time uses a folder.
     *
     * @param folder made if it is not there; null, the default, for memory only
     */
    public Builder data(@Nullable Path folder) {
      this.data = folder;
      return this;
    }

    /**
     * Another name by which clients and browsers reach this server, such as that of a tunnel or of
     * a service in Kubernetes. Requests for any name that is not known get 403, whatever their
     * keys: a web site whose name is made to point here would read the traces otherwise. Known are
     * {@code localhost}, loopback addresses, {@code host.docker.internal} and the like, and the
     * {@link #host}; if that is beyond loopback, also all addresses and all names without a dot.
     *
     * @param name without scheme and port; may be called several times
     * @throws IllegalArgumentException if it is empty, or more than a name
     */
    public Builder allowHost(String name) {
      if (!name.matches("[^\\s:@,/\\[\\]]+")) {
        throw new IllegalArgumentException(
            "allowHost is '%s': write a name like traces.example, without scheme and port"
                .formatted(name));
      }
      allowedHosts.add(name);
      return this;
    }

    /**
     * How large the body of a request with traces may be, as sent and after inflating; a larger one
     * gets 413. A sixteenth of the heap is the limit in any case. Scores have Langfuse's own
     * limits, files the length that was announced for them, up to an eighth of the heap.
     *
     * @param bytes 64 MiB by default
     * @throws IllegalArgumentException if it is below 1
     */
    public Builder largestBody(int bytes) {
      if (bytes < 1) {
        throw new IllegalArgumentException("largestBody is " + bytes + " bytes: write 1 or more");
      }
      this.largestBody = bytes;
      return this;
    }

    private int largestExport() {
      return (int) Math.min(largestBody, Runtime.getRuntime().maxMemory() / 16);
    }

    private Set<String> hostNames() {
      Set<String> names = new LinkedHashSet<>(allowedHosts);
      names.add(host.contains(":") ? "[" + host + "]" : host);
      if (uploadHost != null) {
        names.add(uploadHost);
      }
      return names;
    }

    /** The only keys to be let in; all others get 401. */
    public Builder keys(String publicKey, String secretKey) {
      this.publicKey = publicKey;
      this.secretKey = secretKey;
      return this;
    }

    /**
     * Whether {@link ReceivedRequest#body()} stays to be looked at. Without, it is empty, so that
     * hours of load do not fill the heap.
     *
     * @param keep true by default
     */
    public Builder keepBodies(boolean keep) {
      this.keepBodies = keep;
      return this;
    }

    /**
     * Whether observations stay to be looked at. Without, no more is known of each than that it
     * came: {@link LocalLangfuse#observationCount()} and {@link LocalLangfuse#duplicates()} answer
     * for millions, in some 50 bytes each, and there are no observations and traces to see.
     *
     * @param keep true by default
     */
    public Builder keepObservations(boolean keep) {
      this.keepObservations = keep;
      return this;
    }

    /**
     * How much of the heap to fill. Half of it is for observations: when it is full, whole traces
     * are forgotten, those first that have not grown for longest, and {@linkplain
     * LocalLangfuse#forgottenObservations() counted}. A quarter is for media, an eighth each for
     * scores and for requests, of which the oldest go as well.
     *
     * @param bytes about; half of the largest heap by default
     */
    public Builder memory(long bytes) {
      if (bytes < 1) {
        throw new IllegalArgumentException("memory is " + bytes + " bytes: write 1 or more");
      }
      this.memory = bytes;
      return this;
    }

    /**
     * Names another host in the URLs to upload media to, for a client that treats stores of blobs
     * by their host. The port stays; getting there is up to the client, such as by a proxy. With
     * {@code storage.googleapis.com} or a host below it, uploads behave as Google's do: they need
     * no checksum header and refuse {@code x-amz-…} and {@code x-ms-…} as not signed.
     */
    public Builder uploadHost(String host) {
      this.uploadHost = host;
      return this;
    }

    private InetSocketAddress address() {
      InetSocketAddress address = new InetSocketAddress(host, port);
      if (address.isUnresolved()) {
        throw new IllegalArgumentException(
            "host is %s, which nobody knows: write an address of this machine".formatted(host));
      }
      boolean ownKeys = !publicKey.equals(PUBLIC_KEY) && !secretKey.equals(SECRET_KEY);
      if (!address.getAddress().isLoopbackAddress() && !ownKeys) {
        throw new IllegalArgumentException(
            "host is %s, which others can reach: set keys of your own, too".formatted(host));
      }
      return address;
    }

    /**
     * Starts listening; returns when requests are taken.
     *
     * @throws IllegalArgumentException if others can reach the host and the keys are the default
     * @throws UncheckedIOException if the port is taken, or the data folder cannot be used
     */
    public LocalLangfuse start() {
      return new LocalLangfuse(this);
    }
  }
}
