package com.langfuse.sdk.samples;

import com.langfuse.sdk.Langfuse;
import com.langfuse.sdk.LangfuseBuilder;
import com.langfuse.sdk.export.FlushReport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;

/** Question: what became of my observations? */
final class HonestDelivery {

  private HonestDelivery() {}

  static FlushReport record(LangfuseBuilder settings, Path folder, Consumer<Object> alarm) {
    // region
    settings.delivery(line -> line.spool(folder).listener(loss -> alarm.accept(loss)));
    try (Langfuse langfuse = settings.build()) {
      langfuse.observation("answer").run(answer -> answer.output("42"));

      FlushReport report = langfuse.flush(Duration.ofSeconds(5)); // returns by then, come what may
      if (!report.isComplete()) {
        alarm.accept(report); // observations: 12 exported, 1 failed {400=1}, 3 pending
      }
      return report;
    }
    // endregion
  }
}
