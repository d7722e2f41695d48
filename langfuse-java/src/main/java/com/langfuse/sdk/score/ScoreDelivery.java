package com.langfuse.sdk.score;

import com.langfuse.sdk.internal.JsonEncoder;
import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.internal.Settings;
import com.langfuse.sdk.internal.TraceIds;
import com.langfuse.sdk.line.Ledger;
import com.langfuse.sdk.line.Line;
import com.langfuse.sdk.line.SideDoor;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.opentelemetry.sdk.trace.samplers.SamplingDecision;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The way of a score to Langfuse: checked and written on the caller's thread, sent in batches by a
 * daemon that the first score starts. Made by the builder of the client. Threadsafe.
 */
public final class ScoreDelivery implements Scores, SideDoor {

  private static final int REFUSED = 400;

  private final Ledger ledger;
  private final QuietLog log;
  private final @Nullable String environment;
  private final Sampler sampler;
  private final ScoreBody values;
  private final JsonEncoder wire;
  private final ScoreQueue queue;

  /**
   * @param environment the client's
   * @param encoder of the client's, for values of the application's
   * @param mask of the client's; gives null for what it leaves nothing of, and never throws
   * @param sampler decides on traces that are not at hand
   */
  public ScoreDelivery(
      Line line,
      Ledger ledger,
      QuietLog log,
      @Nullable String environment,
      JsonEncoder encoder,
      Function<Object, @Nullable Object> mask,
      Sampler sampler) {
    this.ledger = ledger;
    this.log = log;
    this.environment = environment;
    this.sampler = sampler;
    this.values = new ScoreBody(encoder, mask);
    this.wire = new JsonEncoder(log);
    this.queue = new ScoreQueue(line, ledger, log);
  }

  @Override
  public void create(@Nullable Score score) {
    if (score != null && isSampled(score.field(Score.TRACE_ID))) {
      create(score, environment);
    }
  }

  /**
   * Takes a score of a trace that is known to be sent.
   *
   * @param itsEnvironment the observation's, for a score that names none
   */
  public void create(Score score, @Nullable String itsEnvironment) {
    try {
      Map<String, Object> body = values.of(score);
      body.putIfAbsent(Score.ID, UUID.randomUUID().toString());
      String usual = isEnvironment(itsEnvironment) ? itsEnvironment : environment;
      if (usual != null) {
        body.putIfAbsent(Score.ENVIRONMENT, usual);
      }
      BrokenRule broken = BrokenRule.in(body);
      if (broken != null) {
        refuse(score, broken);
        return;
      }
      Instant time = score.timestamp() == null ? Instant.now() : score.timestamp();
      String text = Objects.requireNonNull(wire.encode(body));
      queue.offer(new ScoreEvent(score.label(), time, text));
    } catch (Throwable t) { // such as a map that cannot be read
      refuse(score, new BrokenRule("readable", "it cannot be written: " + t.getClass().getName()));
    }
  }

  private static boolean isEnvironment(@Nullable String text) {
    return text != null && Settings.isEnvironment(text);
  }

  /** As its trace was, wherever that was recorded. Ids of another make are not sampled. */
  private boolean isSampled(@Nullable Object trace) {
    String traceId = trace == null ? null : TraceIds.traceId(trace.toString());
    return traceId == null
        || sampler
                .shouldSample(
                    Context.root(), traceId, "", SpanKind.INTERNAL, Attributes.empty(), List.of())
                .getDecision()
            == SamplingDecision.RECORD_AND_SAMPLE;
  }

  private void refuse(Score score, BrokenRule broken) {
    log.warn("score " + broken.rule(), score.label() + " is not sent: " + broken.problem() + ".");
    ledger.refused(1, REFUSED, score.label() + " is not sent: " + broken.problem());
  }

  @Override
  public Wait hurry() {
    return queue.hurry();
  }

  @Override
  public long pending() {
    return queue.pending();
  }

  @Override
  public void refuse() {
    queue.refuse();
  }

  @Override
  public void close() {
    queue.close();
  }

  @Override
  public Ledger ledger() {
    return ledger;
  }
}
