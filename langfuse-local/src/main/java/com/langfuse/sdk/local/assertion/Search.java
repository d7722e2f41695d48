package com.langfuse.sdk.local.assertion;

import com.langfuse.sdk.local.LocalTrace;
import com.langfuse.sdk.local.ReceivedRequest;
import com.langfuse.sdk.local.TerminalText;
import com.langfuse.sdk.local.assertion.Expectation.Finding;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Looks for a trace that fits, as traces arrive, and says which one was nearest. For one thread.
 */
final class Search {

  private static final int MOST_SENTENCES = 20;
  private static final int MOST_REQUESTS = 5;
  private static final int LONGEST_REQUEST = 200;
  private static final int FIRST_ERROR_STATUS = 400;

  private final LangfuseAssert all;
  private final String name;
  private final List<Expectation> expectations;
  private final @Nullable LocalTrace before;
  private final boolean mayGiveUp;
  private int candidates;
  private List<Finding> nearest = List.of();
  private @Nullable LocalTrace found;

  /**
   * @param before the one that was found with fewer expectations, which is the first to be asked
   * @param mayGiveUp when nothing more can come from the client
   */
  Search(
      LangfuseAssert all,
      String name,
      List<Expectation> expectations,
      @Nullable LocalTrace before,
      boolean mayGiveUp) {
    this.all = all;
    this.name = name;
    this.expectations = List.copyOf(expectations);
    this.before = before;
    this.mayGiveUp = mayGiveUp;
  }

  /** True when there is no need to wait for more: one fits, or none will. */
  boolean decide(List<LocalTrace> traces) {
    List<LocalTrace> named =
        traces.stream()
            .filter(each -> each.name().equals(name))
            .sorted(Comparator.comparing(this::turn))
            .toList();
    candidates = named.size();
    long least = Long.MAX_VALUE;
    for (LocalTrace trace : named) {
      List<Finding> findings = expectations.stream().map(each -> each.in(trace)).toList();
      long cost = findings.stream().mapToLong(Finding::cost).sum();
      if (cost == 0) {
        found = trace;
        return true;
      }
      if (cost < least) {
        least = cost;
        nearest = findings;
      }
    }
    return mayGiveUp && !named.isEmpty() && all.isAll(traces);
  }

  private int turn(LocalTrace trace) {
    if (before != null && before.id().equals(trace.id())) {
      return 0;
    }
    return all.isTaken(trace) ? 2 : 1;
  }

  /** Null as long as none fits. */
  @Nullable LocalTrace found() {
    return found;
  }

  /** Why there is none. */
  String failure(Duration waited) {
    String after = waited.isZero() ? "" : " after " + TerminalText.duration(waited);
    List<@Nullable String> parts = new ArrayList<>();
    if (candidates == 0) {
      parts.add(nothing(after));
    } else {
      parts.add(differences(after));
      nearest.forEach(each -> parts.add(each.drawing()));
    }
    parts.add(all.leftOpen());
    parts.add(refusals());
    return parts.stream()
        .filter(each -> each != null && !each.isEmpty())
        .collect(Collectors.joining("\n\n"));
  }

  private String differences(String after) {
    String which = candidates == 1 ? "The trace" : "The most alike of " + candidates + " traces";
    List<String> lines = new ArrayList<>();
    lines.add("%s '%s' is not as expected%s:".formatted(which, Excerpt.of(name), after));
    List<String> sentences = nearest.stream().flatMap(each -> each.differences().stream()).toList();
    sentences.stream().limit(MOST_SENTENCES).map(each -> "  " + each).forEach(lines::add);
    if (sentences.size() > MOST_SENTENCES) {
      lines.add("  … and %d more".formatted(sentences.size() - MOST_SENTENCES));
    }
    return String.join("\n", lines);
  }

  private String nothing(String after) {
    List<String> others =
        all.local().traces().stream()
            .map(
                each ->
                    "'%s' (%s)"
                        .formatted(
                            Excerpt.of(each.name()),
                            TerminalText.count(each.observations().size(), "observation")))
            .toList();
    String instead =
        others.isEmpty()
            ? "No observation arrived."
            : "Traces that did: " + StartedObservations.enumerate(others) + ".";
    String silence =
        all.local().requests().isEmpty()
            ? "\nNo request arrived: is the sender pointed here, and was it flushed?"
            : "";
    return "No trace '%s' arrived%s. %s%s".formatted(Excerpt.of(name), after, instead, silence);
  }

  /** A wrong key looks like silence otherwise. */
  private @Nullable String refusals() {
    List<ReceivedRequest> refused =
        all.local().requests().stream()
            .filter(each -> each.status() == 0 || each.status() >= FIRST_ERROR_STATUS)
            .toList();
    if (refused.isEmpty()) {
      return null;
    }
    return Stream.concat(
            Stream.of("Requests refused, the last of %d:".formatted(refused.size())),
            refused.stream()
                .skip(Math.max(0, refused.size() - MOST_REQUESTS))
                .map(each -> "  " + TerminalText.oneLine(each.toString(), LONGEST_REQUEST)))
        .collect(Collectors.joining("\n"));
  }
}
