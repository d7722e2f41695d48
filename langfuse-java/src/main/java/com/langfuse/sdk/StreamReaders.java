package com.langfuse.sdk;

import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The readers of one client's streams: when one has become garbage, its observation ends with the
 * next call of the client. Without a thread, which would keep the class loader of an application
 * that is gone with a stream half read. Threadsafe.
 */
final class StreamReaders {

  private static final class Watched extends PhantomReference<Object> {
    private final ResultRecorder recorder;

    Watched(Object reader, ResultRecorder recorder, ReferenceQueue<Object> garbage) {
      super(reader, garbage);
      this.recorder = recorder;
    }
  }

  private final ReferenceQueue<Object> garbage = new ReferenceQueue<>();
  private final Set<Watched> watched = ConcurrentHashMap.newKeySet();

  /** Ends the observation after the reader has become garbage; the recorder must not hold it. */
  static void watch(Object reader, ResultRecorder recorder) {
    Observation observation = recorder.observation();
    if (ResultRecorder.isRecording(observation)) {
      Langfuse owner =
          observation instanceof OtelObservation ours ? ours.owner() : Langfuse.DISABLED;
      owner.streamReaders().add(reader, recorder);
    }
  }

  private void add(Object reader, ResultRecorder recorder) {
    endAbandoned();
    Watched entry = new Watched(reader, recorder, garbage);
    watched.add(entry);
    recorder.whenEnded(() -> watched.remove(entry));
  }

  /** Whether there are streams that have not been read to their end. */
  boolean areWatched() {
    return !watched.isEmpty();
  }

  /**
   * Ends the observations of readers that have become garbage; next to free where there are none.
   */
  void endAbandoned() {
    for (Reference<?> next = garbage.poll(); next != null; next = garbage.poll()) {
      if (next instanceof Watched reader) {
        reader.recorder.abandon();
      }
    }
  }
}
