package com.langfuse.sdk;

import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.util.Objects;
import java.util.concurrent.Flow;

/** Tells how each subscription of a publisher goes. As threadsafe as what it follows. */
final class FollowedPublisher<T> implements Flow.Publisher<T> {

  private final Flow.Publisher<T> source;
  private final Readings readings;

  FollowedPublisher(Flow.Publisher<T> source, Readings readings) {
    this.source = source;
    this.readings = readings;
  }

  @Override
  public void subscribe(Flow.Subscriber<? super T> subscriber) {
    Objects.requireNonNull(subscriber, "subscriber");
    OpenStream open = readings.next();
    Flow.Subscriber<T> reader = new Reader<>(subscriber, open, Context.current());
    open.run(() -> source.subscribe(reader));
  }

  /** Signals go down in the subscriber's context, and up in the observation's. */
  private record Reader<T>(Flow.Subscriber<? super T> subscriber, OpenStream open, Context context)
      implements Flow.Subscriber<T> {

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      try (Scope ignored = context.makeCurrent()) {
        subscriber.onSubscribe(new Demand(subscription, open));
      }
    }

    @Override
    public void onNext(T item) {
      try (Scope ignored = context.makeCurrent()) {
        open.handOn(item, subscriber::onNext);
      }
    }

    @Override
    public void onError(Throwable thrown) {
      open.fail(thrown);
      try (Scope ignored = context.makeCurrent()) {
        subscriber.onError(thrown);
      }
    }

    @Override
    public void onComplete() {
      open.complete();
      try (Scope ignored = context.makeCurrent()) {
        subscriber.onComplete();
      }
    }
  }

  private record Demand(Flow.Subscription source, OpenStream open) implements Flow.Subscription {

    @Override
    public void request(long items) {
      open.run(() -> source.request(items));
    }

    @Override
    public void cancel() {
      open.run(source::cancel);
      open.cancel("subscription cancelled");
    }
  }
}
