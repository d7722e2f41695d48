package com.langfuse.sdk.samples;

import static com.langfuse.sdk.ObservationType.GENERATION;
import static com.langfuse.sdk.ObservationType.TOOL;

import com.langfuse.sdk.Generation;
import com.langfuse.sdk.Langfuse;

/** A step that starts in one place and ends in another, such as in two callbacks. */
public final class ManualObservation {

  private ManualObservation() {}

  public static void main(String[] args) {
    try (TraceTarget target = TraceTarget.fromEnv()) {
      record(target.langfuse());
      target.show();
    }
  }

  static void record(Langfuse langfuse) {
    // region manual
    Generation manual = langfuse.observation("background", GENERATION).start();
    manual.observation("child", TOOL).start().end(); // its parent is manual, on any thread
    manual.output("done").end();
    // endregion
  }
}
