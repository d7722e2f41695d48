package com.langfuse.sdk;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Records what becomes of a stage. A {@link CompletableFuture} gets a stand-in, so that the
 * observation has ended before anybody who waits goes on. Any other stage is only listened to:
 * callers may know it by its own class.
 */
final class FollowedStage {

  private final ResultFollower follower;
  private final ResultRecorder recorder;

  FollowedStage(ResultFollower follower, ResultRecorder recorder) {
    this.follower = follower;
    this.recorder = recorder;
  }

  CompletionStage<?> follow(CompletionStage<?> stage, @Nullable Class<?> declared) {
    if (!isPlainFuture(stage, declared)) {
      CompletionStage<?> unused = stage.whenComplete(this::record);
      return stage;
    }
    @SuppressWarnings("unchecked") // only its own results are put into it
    CompletableFuture<@Nullable Object> future = (CompletableFuture<@Nullable Object>) stage;
    return future.isDone() ? settled(future) : standIn(future);
  }

  private static boolean isPlainFuture(CompletionStage<?> stage, @Nullable Class<?> declared) {
    if (stage.getClass() == CompletableFuture.class) {
      return true;
    }
    return stage instanceof CompletableFuture<?> future
        && Expectation.allows(CompletableFuture.class, future, declared)
        && canBeAsked(future);
  }

  /** A {@link CompletableFuture#minimalCompletionStage} is a future by class only. */
  private static boolean canBeAsked(CompletableFuture<?> future) {
    try {
      boolean unused = future.isDone();
      return true;
    } catch (UnsupportedOperationException minimal) {
      return false;
    }
  }

  private void record(@Nullable Object value, @Nullable Throwable thrown) {
    if (thrown == null) {
      recorder.complete(value);
    } else {
      recorder.fail(thrown);
    }
  }

  private CompletionStage<?> settled(CompletableFuture<@Nullable Object> future) {
    if (future.isCompletedExceptionally()) {
      CompletableFuture<@Nullable Object> unused = future.whenComplete(this::record);
      return future;
    }
    Object value = future.join();
    Object followed = follower.follow(value, recorder);
    return followed == value ? future : CompletableFuture.completedFuture(followed);
  }

  private CompletionStage<?> standIn(CompletableFuture<@Nullable Object> source) {
    FollowedFuture<@Nullable Object> standIn = new FollowedFuture<>(source);
    CompletableFuture<@Nullable Object> unused =
        source.whenComplete(
            (value, thrown) -> {
              if (thrown == null) {
                standIn.pass(follower.follow(value, recorder));
              } else {
                recorder.fail(thrown);
                standIn.passFailure(thrown);
              }
            });
    return standIn;
  }
}
