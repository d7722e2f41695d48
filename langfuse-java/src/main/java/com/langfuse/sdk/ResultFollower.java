package com.langfuse.sdk;

import com.langfuse.sdk.internal.QuietLog;
import java.util.Collection;
import java.util.Iterator;
import java.util.ListIterator;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.Future;
import java.util.stream.BaseStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** Tells results that are over from those still running, which it follows to their end. */
final class ResultFollower {

  private final ObservedCall call;
  private final String name;
  private final @Nullable Class<?> declared;
  private final QuietLog log;

  /**
   * @param declared what the function is declared to return, where that is known
   */
  ResultFollower(ObservedCall call, String name, @Nullable Class<?> declared, QuietLog log) {
    this.call = call;
    this.name = name;
    this.declared = declared;
    this.log = log;
  }

  /** The result, or what stands in for it; the recorder is ended now or by the stand-in. */
  @SuppressWarnings("unchecked") // a stand-in is used only where it is all that callers can expect
  <R extends @Nullable Object> R follow(R result, ResultRecorder recorder) {
    if (result == null) {
      recorder.complete(null);
      return result;
    }
    Object standIn = null;
    try {
      standIn = standIn(result, recorder);
    } catch (Throwable t) {
      // Such as a stream that the function has used up itself: the caller will hear of it.
      String type = result.getClass().getName();
      log.warn("follow", "The result of '" + name + "' cannot be followed: " + type + ".", t);
    }
    if (standIn != null) {
      return (R) standIn;
    }
    recorder.complete(isRunning(result) ? null : result);
    return result;
  }

  private @Nullable Object standIn(Object result, ResultRecorder recorder) {
    if (result instanceof CompletionStage<?> stage) {
      return new FollowedStage(this, recorder).follow(stage, declared);
    }
    if (result instanceof Stream<?> stream && isOnly(Stream.class, stream)) {
      return followed(stream, new OpenStream(recorder));
    }
    if (result instanceof ListIterator<?> iterator && isOnly(ListIterator.class, iterator)) {
      return new FollowedListIterator<>(iterator, new OpenStream(recorder));
    }
    if (result instanceof Iterator<?> iterator && isOnly(Iterator.class, iterator)) {
      return new FollowedIterator<>(iterator, new OpenStream(recorder));
    }
    if (result instanceof Flow.Publisher<?> publisher && isOnly(Flow.Publisher.class, publisher)) {
      return new FollowedPublisher<>(publisher, new Readings(call, recorder));
    }
    // Most classes that can be iterated are values, such as a path or a page of results.
    boolean isLazy = result instanceof Iterable<?> && !(result instanceof Collection<?>);
    if (isLazy && Expectation.allows(Iterable.class, result, declared)) {
      return new FollowedIterable<>((Iterable<?>) result, new Readings(call, recorder));
    }
    return null;
  }

  private boolean isOnly(Class<?> kind, Object result) {
    boolean only = Expectation.allows(kind, result, declared);
    if (!only && declared == null && kind != ListIterator.class) {
      String type = result.getClass().getSimpleName();
      String advice = "returns(" + kind.getSimpleName() + ".class) or returns(" + type + ".class)";
      log.warn(
          "returns",
          "The result of '" + name + "', a " + type + ", is not followed: say " + advice + ".");
    }
    return only;
  }

  private static <T> Stream<T> followed(Stream<T> source, OpenStream open) {
    boolean parallel = source.isParallel();
    return StreamSupport.stream(new FollowedSpliterator<>(source.spliterator(), open), parallel)
        .onClose(() -> open.close(source::close));
  }

  /** There is nothing to see yet, and looking might set something off. */
  static boolean isRunning(@Nullable Object result) {
    return result instanceof BaseStream<?, ?>
        || result instanceof Iterator<?>
        || result instanceof Flow.Publisher<?>
        || result instanceof CompletionStage<?>
        || result instanceof Future<?>;
  }
}
