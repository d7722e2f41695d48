package com.langfuse.sdk.local.assertion;

import com.langfuse.sdk.local.LocalLangfuse;
import com.langfuse.sdk.local.LocalTrace;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Assertions on all that arrives at a {@link LocalLangfuse}. It remembers which observations its
 * trees have covered, so that a test can say at its end that there was nothing else.
 *
 * <pre>{@code
 * LangfuseAssert traced = assertThat(local);
 * traced.trace("user-request").hasTree(span("user-request", tool("fetch")));
 * traced.trace("cleanup").hasTree(span("cleanup").andOthers());
 * traced.hasNothingElse();
 * }</pre>
 *
 * <p>Threadsafe.
 */
public final class LangfuseAssert {

  private final LocalLangfuse local;
  private final @Nullable StartedObservations started;
  private final Runnable flush;

  /** Which assertion's tree has covered an observation. */
  private final Map<ObservationKey, TraceAssert> covered = new ConcurrentHashMap<>();

  LangfuseAssert(LocalLangfuse local, @Nullable StartedObservations started, Runnable flush) {
    this.local = local;
    this.started = started;
    this.flush = flush;
  }

  /**
   * For extensions of test frameworks, which have a client of their own.
   *
   * @param started what that client has started since the beginning of the test
   * @param flush sends what it has ended; called on the asserting thread, before it looks
   */
  public static LangfuseAssert of(
      LocalLangfuse local, StartedObservations started, Runnable flush) {
    return new LangfuseAssert(local, started, flush);
  }

  /**
   * Begins an assertion on a trace, which need not be there yet. Where several have the name, it is
   * about one that fits, and rather about one that no tree before it has covered.
   *
   * @param name of the trace, which is its root's unless a trace name was sent
   */
  public TraceAssert trace(String name) {
    return new TraceAssert(this, name);
  }

  /**
   * That each observation that arrived so far was in a trace on which {@link TraceAssert#hasTree}
   * of this object has succeeded, and that the client, if it is known, has none left open.
   *
   * @throws AssertionError that names those which were not
   */
  public LangfuseAssert hasNothingElse() {
    flush.run();
    List<String> complaints = new ArrayList<>();
    String open = leftOpen();
    if (open != null) {
      complaints.add(open);
    }
    List<String> others =
        local.traces().stream().map(this::uncovered).filter(each -> !each.isEmpty()).toList();
    if (!others.isEmpty()) {
      complaints.add(
          "Traced, and in no asserted tree: " + StartedObservations.enumerate(others) + ".");
    }
    if (!complaints.isEmpty()) {
      throw new AssertionError(String.join("\n", complaints));
    }
    return this;
  }

  private String uncovered(LocalTrace trace) {
    List<String> names =
        trace.observations().stream()
            .filter(each -> !isAccountedFor(ObservationKey.of(each)))
            .map(each -> each.type() + " " + Excerpt.of(each.name()))
            .toList();
    return names.isEmpty()
        ? ""
        : StartedObservations.enumerate(names) + " in trace '" + Excerpt.of(trace.name()) + "'";
  }

  private boolean isAccountedFor(ObservationKey key) {
    return covered.containsKey(key) || (started != null && started.isEarlier(key));
  }

  /** The assertion has found its trace; the one that it had before is free again. */
  void take(TraceAssert assertion, LocalTrace trace) {
    covered.values().removeIf(each -> each == assertion);
    trace.observations().forEach(each -> covered.putIfAbsent(ObservationKey.of(each), assertion));
  }

  boolean isTaken(LocalTrace trace) {
    return trace.observations().stream()
        .anyMatch(each -> covered.containsKey(ObservationKey.of(each)));
  }

  LocalLangfuse local() {
    return local;
  }

  void flush() {
    flush.run();
  }

  /** Whether all that the client has started is among these, and nothing else is. */
  boolean isAll(List<LocalTrace> traces) {
    List<ObservationKey> arrived =
        traces.stream()
            .flatMap(each -> each.observations().stream())
            .map(ObservationKey::of)
            .toList();
    return started != null && started.areAll(arrived);
  }

  /** See {@link StartedObservations#leftOpen()}. */
  @Nullable String leftOpen() {
    return started == null ? null : started.leftOpen();
  }
}
