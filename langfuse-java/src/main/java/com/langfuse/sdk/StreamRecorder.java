package com.langfuse.sdk;

import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Records a model's answer that comes in pieces by callbacks: when the first one came, all of them
 * together as output, and exactly one end, whichever callback is first to tell of it.
 *
 * <pre>{@code
 * Generation chat = langfuse.observation("chat", GENERATION).model("gpt-4o").input(messages).start();
 * StreamRecorder recorder = StreamRecorder.on(chat);
 * llm.stream(messages)
 *     .onText(recorder::accept)
 *     .onDone(reply -> { recorder.usage(Usage.of(12, 34)); recorder.complete(); })
 *     .onError(recorder::fail);
 * }</pre>
 *
 * <p>Not needed where a function returns its stream: {@link Observed} follows that by itself.
 *
 * <p>Texts are joined, other pieces become a list; after 10,000 pieces or a million characters the
 * rest is cut. Without any piece the output is left as you set it. May be used from any thread, in
 * any order; after the end everything is ignored. Null is nothing to say. Never throws.
 */
public final class StreamRecorder {

  private final ResultRecorder recorder;

  StreamRecorder(ResultRecorder recorder) {
    this.recorder = recorder;
  }

  /** A recorder for a generation that has been started; the recorder ends it. */
  public static StreamRecorder on(@Nullable Generation generation) {
    return on(generation, true);
  }

  /** A recorder for an observation without completion start and usage, such as a tool's. */
  public static StreamRecorder on(@Nullable Observation observation) {
    return on(observation, false);
  }

  private static StreamRecorder on(@Nullable Observation observation, boolean marksFirst) {
    Observation present = observation == null ? Langfuse.DISABLED.nowhere() : observation;
    Chunks chunks = ResultRecorder.isRecording(present) ? Chunks.orNothing() : null;
    return new StreamRecorder(
        new ResultRecorder(present, marksFirst, chunks, UnaryOperator.identity()));
  }

  /** What it records on. */
  public Observation observation() {
    return recorder.observation();
  }

  /**
   * The answer has begun, though nothing of its first piece is worth keeping. Not needed where that
   * piece is {@linkplain #accept accepted}.
   */
  public void begin() {
    recorder.begin();
  }

  /**
   * One more piece of the answer. A text is copied; anything else is kept until the end, and
   * written then.
   */
  public void accept(@Nullable Object chunk) {
    recorder.accept(chunk);
  }

  /** Tokens used so far, as most models tell in one of the last pieces; a later one replaces it. */
  public void usage(@Nullable Usage usage) {
    recorder.usage(usage);
  }

  /** The answer is complete. */
  public void complete() {
    recorder.complete();
  }

  /** The answer broke off: level ERROR, or WARNING for a cancellation; what came is kept. */
  public void fail(@Nullable Throwable thrown) {
    recorder.fail(thrown);
  }

  /** Nobody wants the rest: level WARNING; what came is kept. */
  public void cancel() {
    recorder.cancel("cancelled");
  }
}
