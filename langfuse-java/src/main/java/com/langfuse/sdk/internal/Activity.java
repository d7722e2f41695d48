package com.langfuse.sdk.internal;

import java.util.ArrayList;
import java.util.List;

/**
 * Whether a client has threads that deliver. They end when nothing is left to deliver, so whatever
 * lives as long as they do keeps nothing of an application that is gone. Threadsafe.
 */
public final class Activity {

  /** Is called when the first thread starts and when the last one has ended; must not block. */
  public interface Watcher {

    /** Delivery begins, on the thread that starts it. */
    void begun();

    /** Nothing is left to deliver, or the client is closed. */
    void ended();
  }

  private final List<Watcher> watchers = new ArrayList<>();
  private int threads;

  /** Adds a watcher, which is called at once where there are threads already. */
  public synchronized void watch(Watcher watcher) {
    watchers.add(watcher);
    if (threads > 0) {
      watcher.begun();
    }
  }

  synchronized void begin() {
    threads++;
    if (threads == 1) {
      watchers.forEach(Watcher::begun);
    }
  }

  synchronized void end() {
    threads--;
    if (threads == 0) {
      watchers.forEach(Watcher::ended);
    }
  }
}
