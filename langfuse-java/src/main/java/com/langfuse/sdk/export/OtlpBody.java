package com.langfuse.sdk.export;

import com.langfuse.sdk.internal.ProtoFields;
import com.langfuse.sdk.line.TextRewriter;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The body of an OTLP export, encoded once: its spans can be put together, divided, and their texts
 * replaced. Mirrors ExportTraceServiceRequest of opentelemetry-proto.
 *
 * @param spans how many there are
 */
@SuppressWarnings("ArrayRecordComponent") // megabytes; nobody compares or changes them
record OtlpBody(byte[] bytes, int spans) {

  /** resource_spans, its scope_spans, their spans. */
  private static final int[] TO_SPANS = {1, 2, 2};

  private static final int TRACE_ID = 1;
  private static final int SPAN_ID = 2;
  private static final int ATTRIBUTES = 9;
  private static final int KEY = 1;
  private static final int VALUE = 2;
  private static final int STRING_VALUE = 1;

  /** Texts up to here are left alone when a span is too large. */
  private static final int SHORT_TEXT = 200;

  /** What stands for a text or a span of the body. */
  private interface SpanEdit {
    byte @Nullable [] edit(ProtoFields span);
  }

  private interface TextEdit {
    String edit(String traceId, String spanId, String attribute, String text);
  }

  /** Bodies one after the other are a body: protobuf's lists go on. */
  static OtlpBody joined(List<byte[]> bodiesOfOneSpan) {
    if (bodiesOfOneSpan.size() == 1) {
      return new OtlpBody(bodiesOfOneSpan.get(0), 1);
    }
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    bodiesOfOneSpan.forEach(all::writeBytes);
    return new OtlpBody(all.toByteArray(), bodiesOfOneSpan.size());
  }

  /** The same spans in two bodies. */
  List<OtlpBody> halves() {
    int half = spans / 2;
    return List.of(part(0, half), part(half, spans));
  }

  /** The spans from one place to before another. */
  OtlpBody part(int from, int to) {
    return new OtlpBody(only(index -> index >= from && index < to), to - from);
  }

  /** All spans but the one in that place. */
  OtlpBody without(int place) {
    return new OtlpBody(only(index -> index != place), spans - 1);
  }

  private byte[] only(IntPredicate kept) {
    int[] next = {0};
    return edited(span -> kept.test(next[0]++) ? span.all() : null);
  }

  /** With the texts that the rewriter puts in place. */
  OtlpBody rewritten(TextRewriter rewriter) {
    return rewriter.mayChange(bytes) ? withTexts(rewriter.forRequest()::rewrite) : this;
  }

  /** With its longest texts cut, visibly, so far that it fits; null when that does not help. */
  @Nullable OtlpBody cutTo(int mostBytes) {
    List<Integer> lengths = new ArrayList<>();
    withTexts(
        (trace, span, attribute, text) -> {
          lengths.add(text.length());
          return text;
        });
    long excess = (long) bytes.length - mostBytes;
    int longest = SHORT_TEXT;
    for (int most = bytes.length; most > SHORT_TEXT; most = most * 3 / 4) {
      int limit = most;
      if (lengths.stream().mapToLong(length -> Math.max(0, length - limit)).sum() >= excess) {
        longest = limit;
        break;
      }
    }
    int limit = longest;
    boolean cuts = lengths.stream().anyMatch(length -> length > limit);
    return cuts ? withTexts((trace, span, attribute, text) -> cut(text, limit)) : null;
  }

  private static String cut(String text, int longest) {
    if (text.length() <= longest) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(longest - 1)) ? longest - 1 : longest;
    return text.substring(0, end)
        + "… [cut: "
        + text.length()
        + " characters are more than the server takes]";
  }

  private OtlpBody withTexts(TextEdit texts) {
    return new OtlpBody(edited(span -> withTexts(span, texts)), spans);
  }

  private static byte[] withTexts(ProtoFields span, TextEdit texts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    String traceId = "";
    String spanId = "";
    while (span.next()) {
      if (span.is(TRACE_ID)) {
        traceId = HexFormat.of().formatHex(span.value());
      } else if (span.is(SPAN_ID)) {
        spanId = HexFormat.of().formatHex(span.value());
      }
      byte[] attribute =
          span.is(ATTRIBUTES) ? edited(span.message(), traceId, spanId, texts) : null;
      if (attribute == null) {
        span.copyTo(out);
      } else {
        ProtoFields.write(out, ATTRIBUTES, attribute);
      }
    }
    return out.toByteArray();
  }

  /** Null when the attribute is no text, or stays. */
  private static byte @Nullable [] edited(
      ProtoFields attribute, String traceId, String spanId, TextEdit texts) {
    String key = "";
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    boolean changed = false;
    while (attribute.next()) {
      if (attribute.is(KEY)) {
        key = attribute.text();
      }
      String text = attribute.is(VALUE) ? onlyText(attribute.message()) : null;
      String edited = text == null ? null : texts.edit(traceId, spanId, key, text);
      if (edited == null || edited.equals(text)) {
        attribute.copyTo(out);
      } else {
        ByteArrayOutputStream value = new ByteArrayOutputStream();
        ProtoFields.write(value, STRING_VALUE, edited.getBytes(StandardCharsets.UTF_8));
        ProtoFields.write(out, VALUE, value.toByteArray());
        changed = true;
      }
    }
    return changed ? out.toByteArray() : null;
  }

  private static @Nullable String onlyText(ProtoFields value) {
    return value.next() && value.is(STRING_VALUE) ? value.text() : null;
  }

  private byte[] edited(SpanEdit edit) {
    byte[] all = edited(new ProtoFields(bytes), 0, edit);
    return all == null ? new byte[0] : all;
  }

  /** Null when no span is left. */
  private static byte @Nullable [] edited(ProtoFields message, int depth, SpanEdit edit) {
    if (depth == TO_SPANS.length) {
      return edit.edit(message);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    boolean spans = false;
    while (message.next()) {
      if (!message.is(TO_SPANS[depth])) {
        message.copyTo(out);
        continue;
      }
      byte[] inner = edited(message.message(), depth + 1, edit);
      if (inner != null) {
        ProtoFields.write(out, TO_SPANS[depth], inner);
        spans = true;
      }
    }
    return spans ? out.toByteArray() : null;
  }
}
