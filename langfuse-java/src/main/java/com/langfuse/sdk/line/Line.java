package com.langfuse.sdk.line;

import com.langfuse.sdk.internal.Activity;
import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.internal.Settings;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Sends until there is an answer that stands: passing troubles are waited out, a server that wants
 * to rest is left alone by everybody, and while it refuses the keys it is asked now and then
 * instead of being sent data. Threadsafe; each call blocks its own thread.
 */
public final class Line {

  private static final Duration PROBE_INTERVAL = Duration.ofSeconds(30);

  /** So many attempts without a connection, in so much time, and there is no server. */
  private static final int MAX_UNREACHABLE = 3;

  private static final long UNREACHABLE_TIME = TimeUnit.MILLISECONDS.toNanos(1500);

  private final LangfuseEndpoint endpoint;
  private final Settings settings;
  private final QuietLog log;
  private final Activity activity = new Activity();
  private final Gate gate;
  private final RouteHealth traces = new RouteHealth();
  private final RouteHealth api = new RouteHealth();
  private final RouteHealth uploads = new RouteHealth();
  private volatile boolean givingUp;
  private volatile long givingUpSince;

  public Line(LangfuseEndpoint endpoint, Settings settings, QuietLog log) {
    this(endpoint, settings, log, PROBE_INTERVAL);
  }

  Line(LangfuseEndpoint endpoint, Settings settings, QuietLog log, Duration probeInterval) {
    this.endpoint = endpoint;
    this.settings = settings;
    this.log = log;
    this.gate = new Gate(probeInterval);
    activity.watch(endpoint.connections());
  }

  /** One try. */
  @FunctionalInterface
  public interface Exchange {
    Answer attempt() throws IOException, InterruptedException;
  }

  public LangfuseEndpoint endpoint() {
    return endpoint;
  }

  /** Whether there are threads that deliver by this line. */
  public Activity activity() {
    return activity;
  }

  /** How long to go on while the answer may be a better one soon. */
  public enum Patience {
    /** As long as there is time for retries. */
    UNTIL_TIME_IS_UP,
    /** For what a spool keeps: never given up for lack of time, or while the keys are refused. */
    WITHOUT_END
  }

  /** Sends spans. */
  public Outcome send(Exchange exchange, Patience patience) throws InterruptedException {
    return send(exchange, patience, outcome -> false);
  }

  /**
   * Sends spans.
   *
   * @param isEnough which passing outcomes are returned at once, for the caller to try again
   */
  public Outcome send(Exchange exchange, Patience patience, Predicate<Outcome> isEnough)
      throws InterruptedException {
    gate.pass(this::isWell);
    long start = System.nanoTime(); // waiting for others does not count
    for (int attempt = 1; ; attempt++) {
      Outcome outcome = attempt(traces, exchange, attempt);
      if (outcome.arrived()) {
        gate.open();
        return outcome;
      }
      if (outcome.isRefusal()) {
        gate.refuse();
        warnOfRefusal(outcome);
        if (patience != Patience.WITHOUT_END) {
          return outcome;
        }
        gate.tellRefusal();
      } else if (outcome.isWorthARetry()) {
        if (isEnough.test(outcome)) {
          warnOfRetry(traces, serverName(), outcome);
          return outcome;
        }
        Duration pause = pause(outcome, attempt);
        if (patience != Patience.WITHOUT_END && isOver(start, pause)) {
          return outcome;
        }
        warnOfRetry(traces, serverName(), outcome);
        log.debug("Langfuse " + outcome.words() + "; the next try is in " + pause + ".");
        gate.backOff(pause);
      } else {
        return outcome;
      }
      gate.pass(this::isWell);
    }
  }

  /** One try, whatever comes of it. */
  public Outcome sendOnce(Exchange exchange) throws InterruptedException {
    gate.pass(this::isWell);
    return attempt(traces, exchange, 1);
  }

  /**
   * Sends what is not spans, until a failure may lie in it. If only that is refused, spans go on.
   */
  public Outcome sendAside(Exchange exchange) throws InterruptedException {
    gate.pass(this::isWell);
    long start = System.nanoTime();
    for (int attempt = 1; ; attempt++) {
      Outcome outcome = attempt(api, exchange, attempt);
      if (outcome.isRefusal() && !isWell()) {
        gate.refuse();
        warnOfRefusal(outcome);
      }
      if (outcome.arrived() || !outcome.isWorthARetry()) {
        return outcome;
      }
      if (outcome.mayBePayload()) {
        warnOfRetry(api, serverName(), outcome);
        return outcome;
      }
      Duration pause = pause(outcome, attempt);
      if (isOver(start, pause)) {
        return outcome;
      }
      warnOfRetry(api, serverName(), outcome);
      gate.backOff(pause);
      gate.pass(this::isWell);
    }
  }

  /**
   * For servers that are not Langfuse: tried again for a while, without a pause for the others,
   * until a failure may lie in what is sent.
   *
   * @param server its name, for a log line
   */
  public Outcome sendElsewhere(String server, Exchange exchange) throws InterruptedException {
    long start = System.nanoTime();
    for (int attempt = 1; ; attempt++) {
      Outcome outcome = attempt(uploads, exchange, attempt);
      Duration pause = Backoff.after(attempt);
      if (outcome.arrived() || !outcome.isWorthARetry() || isOver(start, pause)) {
        return outcome;
      }
      warnOfRetry(uploads, server, outcome);
      if (outcome.mayBePayload()) {
        return outcome;
      }
      gate.backOff(pause);
    }
  }

  /**
   * Somebody waits for what is under way: for a moment our own pauses are short.
   *
   * @return what {@link #refusals} must exceed for the wait to be in vain
   */
  public long hurry() {
    return gate.hurry();
  }

  /**
   * Called when what was sent is settled. If the keys were refused, then whoever waits for more of
   * it waits in vain, and learns so only now, when the report is right.
   */
  public void settled(Outcome outcome) {
    if (outcome.isRefusal()) {
      gate.tellRefusalIfRefused();
    }
  }

  /** How often somebody was told that the keys are refused. */
  public long refusals() {
    return gate.refusals();
  }

  /**
   * From now on a wait for a server that cannot be reached ends after a few attempts; for the end
   * of a program.
   *
   * @param giveUp false takes that back
   */
  public void giveUpIfUnreachable(boolean giveUp) {
    traces.forgetUnreachable();
    api.forgetUnreachable();
    uploads.forgetUnreachable();
    givingUpSince = System.nanoTime();
    givingUp = giveUp;
  }

  /** Whether a wait for Langfuse is in vain; see {@link #giveUpIfUnreachable}. */
  boolean isGivenUp() {
    return isGivenUp(traces) || isGivenUp(api);
  }

  /** The same for a wait for an object store. */
  public boolean isUploadGivenUp() {
    return isGivenUp(uploads);
  }

  private boolean isGivenUp(RouteHealth route) {
    return givingUp
        && route.unreachable() >= MAX_UNREACHABLE
        && System.nanoTime() - givingUpSince >= UNREACHABLE_TIME;
  }

  /** Why what is waiting has not been delivered, for people; null where no attempt says why. */
  public @Nullable String problem() {
    for (RouteHealth route : List.of(traces, api)) {
      String problem = route.problem();
      if (problem != null) {
        return serverName() + problem;
      }
    }
    String problem = uploads.problem();
    return problem == null ? null : "The server of an upload URL " + problem;
  }

  private String serverName() {
    return "Langfuse at " + endpoint.baseUrl() + " ";
  }

  private Outcome attempt(RouteHealth route, Exchange exchange, int attempt)
      throws InterruptedException {
    if (endpoint.isClosed()) {
      throw new InterruptedException("the Langfuse client is closed");
    }
    Outcome outcome;
    route.begin();
    try {
      Answer answer = exchange.attempt();
      outcome = route == uploads ? Outcome.ofUpload(answer, attempt) : Outcome.of(answer, attempt);
    } catch (IOException | RuntimeException e) { // the latter by an application's own HTTP settings
      outcome = Outcome.of(e, attempt);
    } finally {
      route.end();
    }
    route.record(outcome);
    return outcome;
  }

  /**
   * Returns the pause before the next try: what the server asked for, which then holds for all that
   * is sent, or a time that doubles with each failure.
   *
   * @param failures failed tries so far, 1 or more
   */
  public Duration pause(Outcome outcome, int failures) {
    Duration asked =
        outcome
            .retryAfter()
            .map(header -> Backoff.asked(header, Instant.now()))
            .orElse(Duration.ZERO);
    if (asked.isZero()) {
      return pauseAfter(failures);
    }
    gate.rest(asked);
    return asked;
  }

  /** Returns a pause that doubles with each failure. */
  public Duration pauseAfter(int failures) {
    return Backoff.after(failures);
  }

  /**
   * Returns whether a pause has passed; while a flush waits, half a second is enough.
   *
   * @param since when it began, by {@link System#nanoTime}
   */
  public boolean isPauseOver(long since, Duration pause) {
    return gate.isPauseOver(since, pause);
  }

  /**
   * Returns whether the next try would come too late.
   *
   * @param start of the first try, by {@link System#nanoTime}
   * @param pause before the next one
   */
  public boolean isOver(long start, Duration pause) {
    Duration soFar = Duration.ofNanos(System.nanoTime() - start);
    return soFar.plus(pause).compareTo(settings.delivery().retryFor()) > 0;
  }

  /** Sends an export without spans: Langfuse checks the keys and stores nothing. */
  public boolean isWell() {
    try {
      byte[] nothing = {};
      Answer answer = endpoint.export(endpoint.pack(nothing));
      return answer.isSuccess() || answer.isMalformed();
    } catch (IOException | RuntimeException e) {
      return false;
    } catch (InterruptedException closing) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void warnOfRefusal(Outcome outcome) {
    if (outcome.refusesKeys()) {
      String keys = "refuses the keys, sending pauses: it ";
      log.warn("keys", serverName() + keys + outcome.words() + ".");
    } else {
      log.warn("foreign", serverName() + outcome.words() + "; sending pauses.");
    }
  }

  /** At the second failure, and at the first where there is not even a connection. */
  private void warnOfRetry(RouteHealth route, String server, Outcome outcome) {
    if (route.failures() > 1 || outcome.isUnreachable()) {
      log.warn("retry " + outcome.status(), server + outcome.words() + "; it is tried again.");
    }
  }
}
