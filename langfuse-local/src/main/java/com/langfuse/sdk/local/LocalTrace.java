package com.langfuse.sdk.local;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * All observations received so far that share a trace id. A snapshot: it does not grow.
 *
 * <pre>{@code
 * LocalTrace trace = langfuse.awaitTrace("user-request", Duration.ofSeconds(5), 3);
 * trace.userId();                             // "u-1"
 * trace.observation("joke-generation").model();   // "gpt-4o"
 * trace.toTree(false);                        // the whole nesting as text, for one assertion
 * }</pre>
 *
 * <p>Langfuse has no trace record on the wire; what belongs to the trace is carried by its spans.
 * Where they disagree, the one that ended last wins, as it does on the server, where spans arrive
 * in the order in which they end.
 *
 * @param id trace id, hex
 * @param name the latest trace name a span carried, else the name of the root; empty while neither
 *     has arrived
 * @param observations ordered by start time, then arrival
 */
public record LocalTrace(String id, String name, List<LocalObservation> observations) {

  /** Copies the list. */
  public LocalTrace {
    observations = List.copyOf(observations);
  }

  /** Observations without a parent, and those whose parent has not arrived; in start order. */
  public List<LocalObservation> roots() {
    Set<String> ids = observations.stream().map(LocalObservation::id).collect(Collectors.toSet());
    return observations.stream()
        .filter(each -> each.parentId() == null || !ids.contains(each.parentId()))
        .toList();
  }

  /** Direct children of the given observation, in start order; empty for a leaf. */
  public List<LocalObservation> children(LocalObservation parent) {
    return observations.stream().filter(each -> parent.id().equals(each.parentId())).toList();
  }

  /**
   * The first observation of that name, in start order.
   *
   * @throws NoSuchElementException if there is none; the message names what there is
   */
  public LocalObservation observation(String name) {
    return observations.stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new NoSuchElementException(
                    "No observation '%s' in trace '%s', which has %s"
                        .formatted(name, this.name, namesSeen())));
  }

  /** From the first start to the last end. */
  public Duration duration() {
    Instant start =
        observations.stream()
            .map(LocalObservation::startTime)
            .min(Comparator.naturalOrder())
            .orElse(Instant.EPOCH);
    return observations.stream()
        .map(each -> Duration.between(start, each.startTime().plus(each.duration())))
        .max(Comparator.naturalOrder())
        .orElse(Duration.ZERO);
  }

  /** The user the trace belongs to; null when no span carried one. */
  public @Nullable String userId() {
    return latest(LocalObservation::userId);
  }

  /** The session the trace belongs to; null when no span carried one. */
  public @Nullable String sessionId() {
    return latest(LocalObservation::sessionId);
  }

  /**
   * The input of the trace as a whole: the latest one that {@code setTraceIo} gave, on whichever
   * observation, else that of the root. Langfuse servers that write events only ignore the former.
   *
   * @return verbatim text; null when no span carried one
   */
  public @Nullable String input() {
    String given = givenInput();
    return given != null ? given : ofRoot(LocalObservation::input);
  }

  /**
   * The output of the trace as a whole, found like the {@link #input()}.
   *
   * @return verbatim text; null when no span carried one
   */
  public @Nullable String output() {
    String given = givenOutput();
    return given != null ? given : ofRoot(LocalObservation::output);
  }

  /** The one that {@code setTraceIo} gave, or null. */
  @Nullable String givenInput() {
    return latest(LocalObservation::traceInput);
  }

  @Nullable String givenOutput() {
    return latest(LocalObservation::traceOutput);
  }

  private @Nullable String ofRoot(Function<LocalObservation, @Nullable String> field) {
    return observations.stream()
        .filter(each -> each.parentId() == null)
        .findFirst()
        .map(field)
        .orElse(null);
  }

  /** The latest tags that were not empty. Not a union: Langfuse does not make one either. */
  public List<String> tags() {
    List<String> tags = latest(each -> each.tags().isEmpty() ? null : each.tags());
    return tags == null ? List.of() : tags;
  }

  /** The environment of the trace, {@code default} unless a span said otherwise. */
  public String environment() {
    String environment =
        latest(each -> each.environment().equals(Environment.DEFAULT) ? null : each.environment());
    return environment == null ? Environment.DEFAULT : environment;
  }

  /** The trace drawn as a tree, with durations and without colour. Same as {@code toTree(true)}. */
  public String toTree() {
    return toTree(true);
  }

  /**
   * The trace drawn as a tree, one line per observation below a header line, without colour and
   * without a final line break. Safe to print: control characters in names are made visible.
   *
   * @param durations false leaves every time out, which makes the text the same on every run
   */
  public String toTree(boolean durations) {
    return new TraceTree(durations, Palette.PLAIN).draw(this);
  }

  /**
   * Prints the tree to standard output: in colour on a terminal, unless {@code NO_COLOR} is set.
   */
  public void print() {
    System.out.println(new TraceTree(true, Palette.ofStandardOutput()).draw(this));
  }

  private <T> @Nullable T latest(Function<LocalObservation, @Nullable T> field) {
    return observations.stream()
        .filter(each -> field.apply(each) != null)
        .max(Comparator.comparing(each -> each.startTime().plus(each.duration())))
        .map(field)
        .orElse(null);
  }

  private Set<String> namesSeen() {
    return observations.stream()
        .map(LocalObservation::name)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }
}
