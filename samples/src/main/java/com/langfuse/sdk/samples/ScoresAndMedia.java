package com.langfuse.sdk.samples;

import static com.langfuse.sdk.ObservationType.GENERATION;

import com.langfuse.sdk.Langfuse;
import com.langfuse.sdk.media.LangfuseMedia;
import com.langfuse.sdk.score.Score;
import java.nio.file.Path;
import java.util.Map;

/** Question: how do I show a file, and say how good the answer was? */
final class ScoresAndMedia {

  private ScoresAndMedia() {}

  static void record(Langfuse langfuse, Path photo) {
    // region
    langfuse
        .observation("describe", GENERATION)
        .input(Map.of("question", "What is this?", "photo", LangfuseMedia.ofFile(photo)))
        .run(
            generation -> {
              generation.output("A lens in the fog.");
              generation.score(Score.numeric("relevance", 0.93).comment("judged by hand"));
            });
    // endregion
  }
}
