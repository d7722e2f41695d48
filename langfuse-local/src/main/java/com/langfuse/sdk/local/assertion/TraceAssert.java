package com.langfuse.sdk.local.assertion;

import com.langfuse.sdk.local.LocalTrace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Assertions on one trace. Each waits until a trace of that name fits it and all those before it,
 * at most five seconds unless said otherwise, and throws {@link AssertionError} when none does. The
 * message has a sentence for each difference, and both trees.
 *
 * <pre>{@code
 * LocalTrace trace = assertThat(local).trace("user-request")
 *     .within(Duration.ofSeconds(20))
 *     .hasTree(span("user-request", generation("llm").model("gpt-4o")))
 *     .hasUserId("u-1")
 *     .get();
 * }</pre>
 *
 * <p>Where an extension knows the client, a mismatch is told at once when a trace of that name is
 * there and all that the client has started has arrived; unless {@link #within} said how long to
 * wait for a better one.
 *
 * <p>Waits without polling, on the calling thread; an interrupted one gets the error at once. For
 * one thread.
 */
public final class TraceAssert {

  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final LangfuseAssert all;
  private final String name;
  private final List<Expectation> expectations = new ArrayList<>();
  private @Nullable Duration deadline;

  /** The trace that its tree has taken, so that no other assertion needs it. */
  private @Nullable LocalTrace taken;

  private boolean hasTree;

  TraceAssert(LangfuseAssert all, String name) {
    this.all = all;
    this.name = Objects.requireNonNull(name, "name");
  }

  /** How long each assertion from here on waits; to the end, whatever is known of the client. */
  public TraceAssert within(Duration deadline) {
    this.deadline = Objects.requireNonNull(deadline, "deadline");
    return this;
  }

  /**
   * That these are its roots, in any order, and that below them is what stands below them.
   *
   * @param roots usually one; several where parents are not sent here
   */
  public TraceAssert hasTree(ExpectedObservation... roots) {
    expectations.add(new Expectation.OfTree(List.of(roots)));
    hasTree = true;
    get();
    return this;
  }

  /** The user the trace belongs to. */
  public TraceAssert hasUserId(String userId) {
    return has(Field.text("user", userId, LocalTrace::userId));
  }

  /** The session the trace belongs to. */
  public TraceAssert hasSessionId(String sessionId) {
    return has(Field.text("session", sessionId, LocalTrace::sessionId));
  }

  /** Exactly these tags, in any order. */
  public TraceAssert hasTags(String... tags) {
    String wanted = sorted(Arrays.stream(tags));
    return has(Field.text("tags", wanted, trace -> sorted(trace.tags().stream())));
  }

  /** The environment, {@code default} where none was sent. */
  public TraceAssert hasEnvironment(String environment) {
    return has(Field.text("environment", environment, LocalTrace::environment));
  }

  /**
   * The trace that fits all so far, for assertions of your own. Waits for it, like the others.
   *
   * @throws AssertionError on the deadline
   */
  public LocalTrace get() {
    all.flush();
    Search search = new Search(all, name, expectations, taken, deadline == null);
    Duration patience = deadline == null ? PATIENCE : deadline;
    boolean decided = all.local().awaitTraces(search::decide, patience);
    LocalTrace found = search.found();
    if (found == null) {
      throw new AssertionError(search.failure(decided ? Duration.ZERO : patience));
    }
    if (hasTree) {
      all.take(this, found);
      taken = found;
    }
    return found;
  }

  private TraceAssert has(Field<LocalTrace> field) {
    expectations.add(new Expectation.OfField(field));
    get();
    return this;
  }

  private static String sorted(Stream<String> tags) {
    return StoredText.of(tags.sorted().toList()).text();
  }
}
