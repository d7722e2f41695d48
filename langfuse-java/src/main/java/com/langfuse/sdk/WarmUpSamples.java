package com.langfuse.sdk;

import com.langfuse.sdk.internal.JsonEncoder;
import com.langfuse.sdk.internal.LangfuseAttributes;
import com.langfuse.sdk.internal.LaterText;
import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.line.TextRewriter;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What {@link com.langfuse.sdk.export.ClassWarmUp} does once, of the work of the delivery threads.
 */
final class WarmUpSamples {

  private record Sample(String text, int number) {}

  private WarmUpSamples() {}

  /** Values are written as JSON when they leave. */
  @SuppressWarnings("JavaUtilDate") // applications have it
  static void encode() {
    JsonEncoder encoder = new JsonEncoder(new QuietLog(false));
    List<Object> values =
        List.of("text", 1, 2L, 1.5, 1.5f, true, 'c', BigDecimal.ONE, BigInteger.ONE, new byte[1]);
    List<Object> types =
        List.of(
            Instant.EPOCH,
            LocalDate.EPOCH,
            OffsetDateTime.MIN,
            Duration.ZERO,
            new Date(0),
            new UUID(0, 0),
            URI.create("/"),
            Optional.of("text"),
            TimeUnit.DAYS,
            new int[1],
            new String[] {"text"},
            new IllegalStateException("sample"),
            new Sample("text", 1));
    for (Object sample : List.of(Map.of("values", values), Map.of("types", types), types)) {
      encoder.encode(sample);
      LaterText later = encoder.later(sample);
      if (later != null) {
        later.getValue();
      }
    }
  }

  /** With a sign of a file, but none in it. */
  static void rewrite(@Nullable TextRewriter rewriter) {
    if (rewriter != null) {
      String text = "{\"text\":[\"data:text/plain;base64,*\",1,1.5,true,null]}";
      rewriter.mayChange(text.getBytes(StandardCharsets.UTF_8));
      rewriter.rewrite("", "", LangfuseAttributes.INPUT.getKey(), text);
    }
  }
}
