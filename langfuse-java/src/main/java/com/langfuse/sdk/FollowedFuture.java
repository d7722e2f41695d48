package com.langfuse.sdk;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Stands in for a function's future. What the caller does to it is done to the source, and comes
 * back from there when the observation has ended.
 */
final class FollowedFuture<T extends @Nullable Object> extends CompletableFuture<T> {

  private final CompletableFuture<T> source;

  FollowedFuture(CompletableFuture<T> source) {
    this.source = source;
  }

  boolean pass(T value) {
    return super.complete(value);
  }

  boolean passFailure(Throwable thrown) {
    return super.completeExceptionally(thrown);
  }

  @Override
  public boolean complete(T value) {
    return source.complete(value);
  }

  @Override
  public boolean completeExceptionally(Throwable thrown) {
    return source.completeExceptionally(thrown);
  }

  @Override
  public boolean cancel(boolean mayInterrupt) {
    return source.cancel(mayInterrupt);
  }

  @Override
  public CompletableFuture<T> completeAsync(Supplier<? extends T> supplier, Executor executor) {
    CompletableFuture<T> unused = source.completeAsync(supplier, executor);
    return this;
  }
}
