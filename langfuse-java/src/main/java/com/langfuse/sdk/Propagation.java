package com.langfuse.sdk;

import com.langfuse.sdk.propagation.PropagatedAttributes;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Gives user, session, tags and the like to every observation started in a scope, and to the one
 * that is current. Langfuse filters and adds up by these, so they belong on all observations of a
 * trace: open the scope early.
 *
 * <pre>{@code
 * try (Scope scope = langfuse.propagate().userId("u-1").sessionId("s-1").tags("beta").makeCurrent()) {
 *   langfuse.observation("request").run(request -> …);
 * }
 * }</pre>
 *
 * <p>The attributes also reach observations of other clients in the scope: they describe the user's
 * request, not the project. Scopes nest: inner values win, metadata merges by key, tags are
 * appended. Values are text of at most 200 characters; a longer one is dropped with a warning.
 * Nothing here throws. For one thread.
 */
public final class Propagation {

  private final Langfuse owner;
  private final PropagatedAttributes.Builder attributes;
  private boolean baggage;

  Propagation(Langfuse owner) {
    this.owner = owner;
    this.attributes = PropagatedAttributes.builder(owner.log());
  }

  public Propagation userId(@Nullable String userId) {
    attributes.userId(userId);
    return this;
  }

  /** Groups the traces of one conversation. */
  public Propagation sessionId(@Nullable String sessionId) {
    attributes.sessionId(sessionId);
    return this;
  }

  public Propagation tags(String... tags) {
    return tags(tags == null ? null : Arrays.asList(tags));
  }

  public Propagation tags(@Nullable Collection<String> tags) {
    attributes.tags(tags);
    return this;
  }

  /** Metadata of the trace; the value's {@code toString()} is propagated. */
  public Propagation metadata(String key, @Nullable Object value) {
    attributes.metadata(key, value);
    return this;
  }

  public Propagation metadata(@Nullable Map<String, ?> metadata) {
    attributes.metadata(metadata);
    return this;
  }

  /** The version of your code; an observation's own version wins. */
  public Propagation version(@Nullable String version) {
    attributes.version(version);
    return this;
  }

  /** The trace's name; without it Langfuse shows the root observation's. */
  public Propagation traceName(@Nullable String traceName) {
    attributes.traceName(traceName);
    return this;
  }

  /** Lower case, at most 40 characters, not starting with {@code langfuse}. */
  public Propagation environment(@Nullable String environment) {
    attributes.environment(environment);
    return this;
  }

  /** The managed prompt that the generations of the scope use; a generation's own wins. */
  public Propagation prompt(@Nullable PromptReference prompt) {
    if (prompt != null) {
      attributes.prompt(prompt.name(), prompt.version());
    }
    return this;
  }

  /**
   * Also sends the attributes to the services that are called from the scope, as W3C baggage. They
   * can be read by everyone on the way: not for secrets, and not for calls to strangers.
   */
  public Propagation asBaggage() {
    this.baggage = true;
    return this;
  }

  /**
   * The current context with these attributes, for handing to other threads or coroutines. This
   * client's observation that is current here gets them at once, and keeps its others.
   */
  public Context context() {
    Context outer = Context.current();
    PropagatedAttributes said = attributes.build();
    PropagatedAttributes all = PropagatedAttributes.from(outer).with(said);
    said.applyTo(owner.writableSpan(outer), all);
    Context inner = owner.storeIn(all.storeIn(outer));
    if (!baggage) {
      return inner;
    }
    return all.storeAsBaggageOver(outer, inner, owner.log());
  }

  /**
   * Gives the attributes to an observation that has started already, and to all that is started
   * below it from now on: by its handle, in its {@link Observation#context()}, or where it is
   * current. For what is learned late, such as the user of a request after authentication.
   *
   * <pre>{@code
   * Observation request = langfuse.observation("request").start();
   * User user = authenticate();
   * langfuse.propagate().userId(user.id()).applyTo(request);
   * executor.execute(request.context().wrap(() -> audit(user)));  // what it records has the user
   * }</pre>
   *
   * <p>Where they contradict, a scope inside wins, and the attributes win over those that the
   * observation was started with. With {@link #asBaggage} they are in the baggage of contexts that
   * are asked for later. Null, and an observation that ignores everything, is ignored.
   */
  public void applyTo(@Nullable Observation observation) {
    if (observation instanceof OtelObservation started) {
      started.inherit(attributes.build(), baggage);
    }
  }

  /** Opens the scope on this thread; close it on the same one. */
  @SuppressWarnings("MustBeClosedChecker") // the caller closes it
  public Scope makeCurrent() {
    return context().makeCurrent();
  }

  /** Runs a block in the scope; for Kotlin see {@link #call}. */
  public <E extends Exception> void run(Run<E> block) throws E {
    Objects.requireNonNull(block, "block");
    within(
        () -> {
          block.run();
          return this;
        });
  }

  /**
   * Runs a block in the scope and returns its result.
   *
   * <p>Kotlin infers no exception types. There write {@code propagateAttributesBlocking} of {@code
   * langfuse-coroutines}, or spell the types out: {@code call<String, RuntimeException> { … }}.
   */
  public <T extends @Nullable Object, E extends Exception> T call(Call<T, E> block) throws E {
    return within(Objects.requireNonNull(block, "block"));
  }

  /**
   * A method of its own: OpenTelemetry's strict check mistrusts a scope right below a coroutine.
   */
  private <T extends @Nullable Object, E extends Exception> T within(Call<T, E> block) throws E {
    try (Scope ignored = makeCurrent()) {
      return block.call();
    }
  }

  /** A block with a result. */
  @FunctionalInterface
  public interface Call<T extends @Nullable Object, E extends Exception> {
    T call() throws E;
  }

  /** A block without a result. */
  @FunctionalInterface
  public interface Run<E extends Exception> {
    void run() throws E;
  }
}
