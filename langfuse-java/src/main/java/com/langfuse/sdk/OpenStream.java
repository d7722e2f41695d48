package com.langfuse.sdk;

import io.opentelemetry.context.Scope;
import java.lang.ref.Reference;
import java.util.NoSuchElementException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A stream somebody is reading: its source works with the observation current, its end ends the
 * observation. Held by whatever is read, and by nothing else: when that has become garbage, nobody
 * can read on.
 */
final class OpenStream {

  private final ResultRecorder recorder;

  OpenStream(ResultRecorder recorder) {
    this.recorder = recorder;
    StreamReaders.watch(this, recorder);
  }

  /** Lets the source do one step. */
  <T extends @Nullable Object> T pull(Supplier<T> step) {
    return pull(step, false);
  }

  /**
   * Lets the source do one step.
   *
   * @param mayBeOver nobody asked before, so {@link NoSuchElementException} is the end, no failure
   */
  <T extends @Nullable Object> T pull(Supplier<T> step, boolean mayBeOver) {
    try (Scope ignored = recorder.observation().makeCurrent()) {
      return step.get();
    } catch (Throwable t) {
      if (mayBeOver && t instanceof NoSuchElementException) {
        recorder.complete();
      } else {
        recorder.fail(t);
      }
      throw t;
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  void run(Runnable step) {
    pull(
        () -> {
          step.run();
          return true;
        });
  }

  void accept(@Nullable Object item) {
    tell(() -> recorder.accept(item));
  }

  /** Hands an item to the reader, who may throw: that leaves the stream, and is not its failure. */
  <T extends @Nullable Object> void handOn(T item, Consumer<? super T> reader) {
    accept(item);
    try {
      reader.accept(item);
    } catch (Throwable t) {
      cancel("left by its reader");
      throw t;
    }
  }

  void complete() {
    tell(recorder::complete);
  }

  void fail(@Nullable Throwable thrown) {
    tell(() -> recorder.fail(thrown));
  }

  void cancel(String why) {
    tell(() -> recorder.cancel(why));
  }

  /** Whoever still tells of the stream is reading it. */
  private void tell(Runnable news) {
    try {
      news.run();
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  void close(Runnable source) {
    run(source);
    cancel("closed before its end");
  }
}
