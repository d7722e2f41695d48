package com.langfuse.sdk.local;

import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What to say when something awaited did not come: what came instead, which is the useful part. */
final class Shortfall {

  private static final int MOST_LINES = 200;
  private static final int MOST_REQUESTS = 20;
  private static final int LONGEST_REQUEST = 200;

  static AssertionError of(
      String awaited, Duration deadline, List<LocalTrace> traces, List<ReceivedRequest> requests) {
    return new AssertionError(
        "Waited %s for %s.\n%s\n%s"
            .formatted(
                TerminalText.duration(deadline), awaited, trees(traces), requests(requests)));
  }

  private static String trees(List<LocalTrace> traces) {
    if (traces.isEmpty()) {
      return "No observation arrived.";
    }
    int observations = traces.stream().mapToInt(each -> each.observations().size()).sum();
    List<String> drawn =
        traces.stream()
            .limit(MOST_LINES)
            .flatMap(each -> each.toTree().lines())
            .limit(MOST_LINES)
            .toList();
    return "Arrived: %s in %s, of which the first %d lines:\n%s"
        .formatted(
            TerminalText.count(observations, "observation"),
            TerminalText.count(traces.size(), "trace"),
            drawn.size(),
            String.join("\n", drawn));
  }

  private static String requests(List<ReceivedRequest> requests) {
    if (requests.isEmpty()) {
      return "No request arrived: is the sender pointed here, and was it flushed?";
    }
    List<ReceivedRequest> last =
        requests.subList(Math.max(0, requests.size() - MOST_REQUESTS), requests.size());
    return Stream.concat(
            Stream.of("Requests, %d of %d:".formatted(last.size(), requests.size())),
            last.stream().map(each -> TerminalText.oneLine(each.toString(), LONGEST_REQUEST)))
        .collect(Collectors.joining("\n"));
  }

  private Shortfall() {}
}
