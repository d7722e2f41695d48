package com.langfuse.sdk.samples;

// region first
import static com.langfuse.sdk.ObservationType.GENERATION;

import com.langfuse.sdk.Langfuse;
import com.langfuse.sdk.Usage;

/** A complete program. It reads LANGFUSE_PUBLIC_KEY, LANGFUSE_SECRET_KEY and LANGFUSE_BASE_URL. */
public final class FirstTrace {
  public static void main(String[] args) {
    try (Langfuse langfuse = Langfuse.fromEnv()) { // close() sends what is left
      String answer =
          langfuse
              .observation("answer", GENERATION)
              .model("gpt-4o")
              .input("What guides ships in fog?")
              .call(
                  generation -> {
                    String text = "A fog horn."; // the call of a model
                    generation.output(text).usageDetails(Usage.of(7, 4));
                    System.out.println(langfuse.traceUrl(generation.traceId()));
                    return text;
                  });
      System.out.println(answer);
    }
  }
}
// endregion
