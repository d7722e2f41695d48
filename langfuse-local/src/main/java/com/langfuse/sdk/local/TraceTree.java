package com.langfuse.sdk.local;

import java.time.Duration;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Draws a trace for the terminal: a header, then one line per observation.
 *
 * <pre>
 * user-request  1.24 s  user=u-1 session=s-1 tags=beta  3 observations
 * └─ SPAN user-request  1.24 s
 *    ├─ RETRIEVER search-files  12 ms
 *    └─ GENERATION joke-generation  1.10 s  gpt-4o  12→34 tokens  ERROR rate limited
 * </pre>
 *
 * @param durations false leaves all times out
 */
record TraceTree(boolean durations, Palette palette) {

  private static final String GAP = "  ";
  private static final int LONGEST_NAME = 80;
  private static final int LONGEST_MESSAGE = 120;
  private static final int DEEPEST_INDENT = 3 * 40;
  private static final int SHORT_ID = 8;
  private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm:ss.SSS");

  private record Line(TraceForest.Node node, String indent, boolean last) {}

  String draw(LocalTrace trace) {
    StringBuilder drawing = new StringBuilder(header(trace));
    Deque<Line> lines = new ArrayDeque<>();
    push(TraceForest.of(trace), "", lines);
    while (!lines.isEmpty()) {
      Line line = lines.pop();
      drawing
          .append('\n')
          .append(palette.quiet(line.indent() + (line.last() ? "└─ " : "├─ ")))
          .append(describe(line.node().observation()));
      push(line.node().children(), below(line), lines);
    }
    return drawing.toString();
  }

  private static void push(List<TraceForest.Node> nodes, String indent, Deque<Line> lines) {
    for (int i = nodes.size() - 1; i >= 0; i--) {
      lines.push(new Line(nodes.get(i), indent, i == nodes.size() - 1));
    }
  }

  /** Beyond some depth the indent stays as it is, or a runaway recursion would fill the screen. */
  private static String below(Line line) {
    return line.indent().length() >= DEEPEST_INDENT
        ? line.indent()
        : line.indent() + (line.last() ? "   " : "│  ");
  }

  private String header(LocalTrace trace) {
    List<String> parts = new ArrayList<>();
    parts.add(palette.title(name(trace.name().isEmpty() ? trace.id() : trace.name())));
    addTime(trace.duration(), parts);
    List<String> labels = new ArrayList<>();
    if (trace.userId() != null) {
      labels.add("user=" + name(trace.userId()));
    }
    if (trace.sessionId() != null) {
      labels.add("session=" + name(trace.sessionId()));
    }
    if (!trace.tags().isEmpty()) {
      labels.add("tags=" + name(String.join(",", trace.tags())));
    }
    if (!trace.environment().equals(Environment.DEFAULT)) {
      labels.add("environment=" + trace.environment());
    }
    if (trace.givenInput() != null) {
      labels.add("input=" + name(trace.givenInput()));
    }
    if (trace.givenOutput() != null) {
      labels.add("output=" + name(trace.givenOutput()));
    }
    if (!labels.isEmpty()) {
      parts.add(String.join(" ", labels));
    }
    parts.add(palette.quiet(TerminalText.count(trace.observations().size(), "observation")));
    return String.join(GAP, parts);
  }

  /** An observation by itself, with the time of its end and the beginning of its trace's id. */
  String line(LocalObservation observation) {
    String trace = observation.traceId();
    String end =
        observation.endTime() == null
            ? ""
            : CLOCK.format(observation.endTime().atZone(ZoneId.systemDefault()));
    return palette.quiet(end + " " + name(trace.substring(0, Math.min(SHORT_ID, trace.length()))))
        + GAP
        + describe(observation);
  }

  private String describe(LocalObservation observation) {
    List<String> parts = new ArrayList<>();
    parts.add(palette.type(name(observation.type())) + " " + name(observation.name()));
    addTime(observation.duration(), parts);
    if (observation.model() != null) {
      parts.add(name(observation.model()));
    }
    if (!observation.usage().isEmpty()) {
      parts.add(tokens(observation));
    }
    if (durations && observation.completionStartTime() != null) {
      Duration wait = Duration.between(observation.startTime(), observation.completionStartTime());
      parts.add(palette.quiet("first token " + TerminalText.duration(wait)));
    }
    if (!observation.level().equals(Level.DEFAULT)) {
      String message = observation.statusMessage() == null ? "" : observation.statusMessage();
      String text = (observation.level() + " " + message).strip();
      parts.add(palette.level(observation.level(), TerminalText.oneLine(text, LONGEST_MESSAGE)));
    }
    return String.join(GAP, parts);
  }

  /** Nothing for an event, which takes no time. */
  private void addTime(Duration duration, List<String> parts) {
    if (durations && !duration.isZero()) {
      parts.add(palette.quiet(TerminalText.duration(duration)));
    }
  }

  private static String tokens(LocalObservation observation) {
    long in = observation.inputTokens();
    long out = observation.outputTokens();
    String count = in + out == 0 ? "" + observation.totalTokens() : in + "→" + out;
    return count + " tokens";
  }

  private static String name(String text) {
    return TerminalText.oneLine(text, LONGEST_NAME);
  }
}
