package com.langfuse.sdk.local.assertion;

import com.langfuse.sdk.local.TerminalText;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a client of the test's own has started, told by a span processor on it. With it an assertion
 * knows what was left open, and that nothing more can come. For extensions of test frameworks; see
 * {@link LangfuseAssert#of}. Threadsafe.
 */
public final class StartedObservations {

  private static final int MOST_NAMED = 20;
  private static final int LONGEST = 80;

  private record Started(Supplier<String> label, AtomicBoolean ended) {}

  private final Map<ObservationKey, Started> started = new LinkedHashMap<>();

  /** Left open by earlier tests: when they end at last, that is not this test's affair. */
  private final Set<ObservationKey> earlier = new HashSet<>();

  /** Without any, for the client of one test. */
  public StartedObservations() {}

  /**
   * An observation has been started.
   *
   * @param label its type and name, asked for when it has to be named
   */
  public synchronized void start(String traceId, String id, Supplier<String> label) {
    started.put(new ObservationKey(traceId, id), new Started(label, new AtomicBoolean()));
  }

  /** An observation has ended; nothing happens for one that is not known. */
  public synchronized void end(String traceId, String id) {
    Started ended = started.get(new ObservationKey(traceId, id));
    if (ended != null) {
      ended.ended().set(true);
    }
  }

  /** Begins anew, as between two tests. */
  public synchronized void clear() {
    started.forEach(
        (key, each) -> {
          if (!each.ended().get()) {
            earlier.add(key);
          }
        });
    started.clear();
  }

  synchronized boolean isEarlier(ObservationKey key) {
    return earlier.contains(key);
  }

  /** Whether these are all that were started, and none of another client. */
  synchronized boolean areAll(Collection<ObservationKey> arrived) {
    List<ObservationKey> ofNow = arrived.stream().filter(each -> !isEarlier(each)).toList();
    return ofNow.size() == started.size() && ofNow.stream().allMatch(started::containsKey);
  }

  /** A sentence about those that were not ended; null when there are none. */
  synchronized @Nullable String leftOpen() {
    List<String> open =
        started.values().stream()
            .filter(each -> !each.ended().get())
            .map(each -> TerminalText.oneLine(each.label().get(), LONGEST))
            .toList();
    return open.isEmpty() ? null : "Started and not ended: " + enumerate(open) + ".";
  }

  static String enumerate(List<String> names) {
    String first = names.stream().limit(MOST_NAMED).collect(Collectors.joining(", "));
    int more = names.size() - MOST_NAMED;
    return more > 0 ? first + " and " + more + " more" : first;
  }
}
