package com.langfuse.sdk;

import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Turns a function into one that is an observation each time it is called: input and output are
 * recorded by themselves, and the caller notices nothing.
 *
 * <pre>{@code
 * Function<String, Doc> fetch = langfuse.observed("fetch", RETRIEVER).function(this::fetch);
 * fetch.apply("https://langfuse.com");
 * }</pre>
 *
 * <p>Each method is named after the type that it takes and gives back. The views of {@code
 * java.util.function} are for functions without checked exceptions; {@code fn} takes up to four
 * arguments and keeps the exception's type (Kotlin, which has no checked exceptions, uses the
 * views, or {@code ::search.observed()} of {@code langfuse-coroutines}):
 *
 * <pre>{@code
 * Observed.Fn2<String, Integer, List<Doc>, IOException> search =
 *     langfuse.observed("search", RETRIEVER).inputNames("query", "limit").fn(index::search);
 * }</pre>
 *
 * <p>The observation is current while the function runs, a child of what is current where it is
 * called. It ends when the function returns, except for a result that is still running: that is
 * followed to its end.
 *
 * <ul>
 *   <li>A {@link java.util.concurrent.CompletionStage} ends it by completing. Cancelling or
 *       completing the future that you are given does the same to the function's.
 *   <li>A {@link java.util.stream.Stream}, {@link java.util.Iterator}, lazy {@link Iterable} or
 *       {@link java.util.concurrent.Flow.Publisher} ends it when it has been read to its end or has
 *       failed. Left before that (closed, cancelled, dropped and collected as garbage), it is level
 *       WARNING. Items are made with the observation current, and handed to you without it. The
 *       first item of a generation is its completion start. Reading an iterable or subscribing to a
 *       publisher a second time is an observation of its own. Streams are read without splitting.
 * </ul>
 *
 * <p>What follows is a stand-in, so a result is handed on as it is when callers may know it by a
 * type of its own, such as {@code Scanner}: see {@link #returns}.
 *
 * <p>Not for code that needs its observation for more than input and output: use {@link
 * Langfuse#observation(String, ObservationType)} with a block, or {@link Observation#current()} in
 * the function. Immutable and threadsafe, as are the functions made by it as far as yours are.
 * Arguments, results and items may be null; a null result leaves an output set by the function
 * alone.
 *
 * @param <O> what {@link Observation#current()} is for the function
 */
public final class Observed<O extends Observation> {

  private final Langfuse langfuse;
  private final String name;
  private final ObservationType<? extends O> type;
  private final ObservedOptions options;

  Observed(
      Langfuse langfuse, String name, ObservationType<? extends O> type, ObservedOptions options) {
    this.langfuse = langfuse;
    this.name = name;
    this.type = type;
    this.options = options;
  }

  /**
   * False records no arguments, which may be secret or large. True by default, or what {@code
   * LANGFUSE_OBSERVE_DECORATOR_IO_CAPTURE_ENABLED} says.
   */
  public Observed<O> captureInput(boolean captureInput) {
    return with(options.withCaptureInput(captureInput));
  }

  /** False records no result; otherwise like {@link #captureInput}. */
  public Observed<O> captureOutput(boolean captureOutput) {
    return with(options.withCaptureOutput(captureOutput));
  }

  /**
   * False records no items of a stream; true by default, where output is captured. Texts are
   * joined, other items become a list; after 10,000 items or a million characters the rest is cut.
   */
  public Observed<O> collect(boolean collect) {
    return with(options.withCollect(collect));
  }

  /**
   * Names the arguments, in their order: the input becomes an object. Without names it is the one
   * argument, or a list of several.
   */
  public Observed<O> inputNames(String... names) {
    return with(options.withInputNames(names));
  }

  /**
   * Records something else than the result, such as one of its fields. It is handed the result, or
   * what was collected of a stream; null is not asked about, and null for an answer records
   * nothing. Should it throw, a marker is recorded and the caller is not disturbed.
   *
   * <pre>{@code
   * langfuse.observed("chat", GENERATION).output(reply -> ((Reply) reply).text()).function(llm::chat);
   * }</pre>
   */
  public Observed<O> output(Function<Object, ? extends @Nullable Object> transform) {
    return with(options.withTransform(Objects.requireNonNull(transform, "transform")));
  }

  /**
   * Says what your function is declared to return. Java forgets it, so a stream is followed only
   * where nobody can have asked for more than the interface. {@code returns(Iterator.class)}
   * follows an iterator of a class of your own, too; {@code returns(PageIterator.class)} says that
   * it is to be handed on as it is.
   */
  public Observed<O> returns(Class<?> declared) {
    return with(options.withReturns(Objects.requireNonNull(declared, "declared")));
  }

  /** An observed {@link Supplier}. */
  public <R extends @Nullable Object> Supplier<R> supplier(Supplier<R> supplier) {
    Objects.requireNonNull(supplier, "supplier");
    return () -> call(supplier::get);
  }

  /** An observed {@link Function}. */
  public <A extends @Nullable Object, R extends @Nullable Object> Function<A, R> function(
      Function<A, R> function) {
    Objects.requireNonNull(function, "function");
    return a -> call(() -> function.apply(a), a);
  }

  /** An observed {@link BiFunction}. */
  public <A extends @Nullable Object, B extends @Nullable Object, R extends @Nullable Object>
      BiFunction<A, B, R> biFunction(BiFunction<A, B, R> function) {
    Objects.requireNonNull(function, "function");
    return (a, b) -> call(() -> function.apply(a, b), a, b);
  }

  /** An observed {@link Callable}. */
  public <R extends @Nullable Object> Callable<R> callable(Callable<R> callable) {
    Objects.requireNonNull(callable, "callable");
    return () -> call(callable::call);
  }

  /** An observed {@link Runnable}. */
  public Runnable runnable(Runnable runnable) {
    Objects.requireNonNull(runnable, "runnable");
    return () -> call(nothingOf(runnable));
  }

  /** An observed {@link Consumer}. */
  public <A extends @Nullable Object> Consumer<A> consumer(Consumer<A> consumer) {
    Objects.requireNonNull(consumer, "consumer");
    return a -> call(nothingOf(() -> consumer.accept(a)), a);
  }

  /** An observed function without arguments. */
  public <R extends @Nullable Object, E extends Exception> Fn0<R, E> fn(Fn0<R, E> fn) {
    Objects.requireNonNull(fn, "fn");
    return () -> call(fn);
  }

  /** An observed function of one argument. */
  public <A extends @Nullable Object, R extends @Nullable Object, E extends Exception>
      Fn1<A, R, E> fn(Fn1<A, R, E> fn) {
    Objects.requireNonNull(fn, "fn");
    return a -> call(() -> fn.apply(a), a);
  }

  /** An observed function of two arguments. */
  public <
          A extends @Nullable Object,
          B extends @Nullable Object,
          R extends @Nullable Object,
          E extends Exception>
      Fn2<A, B, R, E> fn(Fn2<A, B, R, E> fn) {
    Objects.requireNonNull(fn, "fn");
    return (a, b) -> call(() -> fn.apply(a, b), a, b);
  }

  /** An observed function of three arguments. */
  public <
          A extends @Nullable Object,
          B extends @Nullable Object,
          C extends @Nullable Object,
          R extends @Nullable Object,
          E extends Exception>
      Fn3<A, B, C, R, E> fn(Fn3<A, B, C, R, E> fn) {
    Objects.requireNonNull(fn, "fn");
    return (a, b, c) -> call(() -> fn.apply(a, b, c), a, b, c);
  }

  /** An observed function of four arguments. */
  public <
          A extends @Nullable Object,
          B extends @Nullable Object,
          C extends @Nullable Object,
          D extends @Nullable Object,
          R extends @Nullable Object,
          E extends Exception>
      Fn4<A, B, C, D, R, E> fn(Fn4<A, B, C, D, R, E> fn) {
    Objects.requireNonNull(fn, "fn");
    return (a, b, c, d) -> call(() -> fn.apply(a, b, c, d), a, b, c, d);
  }

  /**
   * Begins one call: for adapters to functions of another kind. Prefer the methods above, which end
   * it, too.
   */
  public ObservedCall open(@Nullable Object @Nullable ... arguments) {
    return new ObservedCall(langfuse, name, type, options, arguments);
  }

  private <R extends @Nullable Object, E extends Exception> R call(
      Fn0<R, E> body, @Nullable Object... arguments) throws E {
    return open(arguments).run(body);
  }

  @SuppressWarnings("NullAway") // it does not read the annotation of a type argument
  private static Fn0<@Nullable Void, RuntimeException> nothingOf(Runnable runnable) {
    return () -> {
      runnable.run();
      return null;
    };
  }

  private Observed<O> with(ObservedOptions changed) {
    return new Observed<>(langfuse, name, type, changed);
  }

  /** A function without arguments that may throw a checked exception. */
  @FunctionalInterface
  public interface Fn0<R extends @Nullable Object, E extends Exception> {
    R apply() throws E;
  }

  /** A function of one argument that may throw a checked exception. */
  @FunctionalInterface
  public interface Fn1<
      A extends @Nullable Object, R extends @Nullable Object, E extends Exception> {
    R apply(A a) throws E;
  }

  /** A function of two arguments that may throw a checked exception. */
  @FunctionalInterface
  public interface Fn2<
      A extends @Nullable Object,
      B extends @Nullable Object,
      R extends @Nullable Object,
      E extends Exception> {
    R apply(A a, B b) throws E;
  }

  /** A function of three arguments that may throw a checked exception. */
  @FunctionalInterface
  public interface Fn3<
      A extends @Nullable Object,
      B extends @Nullable Object,
      C extends @Nullable Object,
      R extends @Nullable Object,
      E extends Exception> {
    R apply(A a, B b, C c) throws E;
  }

  /** A function of four arguments that may throw a checked exception. */
  @FunctionalInterface
  public interface Fn4<
      A extends @Nullable Object,
      B extends @Nullable Object,
      C extends @Nullable Object,
      D extends @Nullable Object,
      R extends @Nullable Object,
      E extends Exception> {
    R apply(A a, B b, C c, D d) throws E;
  }
}
