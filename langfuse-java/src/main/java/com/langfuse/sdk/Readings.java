package com.langfuse.sdk;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * For results that can be read again: the first reading belongs to the call's observation, each
 * further one gets its own. Threadsafe.
 */
final class Readings {

  private final ObservedCall call;
  private final AtomicReference<@Nullable OpenStream> first;

  Readings(ObservedCall call, ResultRecorder recorder) {
    this.call = call;
    this.first = new AtomicReference<>(new OpenStream(recorder));
  }

  OpenStream next() {
    OpenStream reading = first.getAndSet(null);
    return reading == null ? new OpenStream(call.openAgain()) : reading;
  }
}
