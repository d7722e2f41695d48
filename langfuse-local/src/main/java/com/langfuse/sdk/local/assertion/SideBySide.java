package com.langfuse.sdk.local.assertion;

import com.langfuse.sdk.local.LocalObservation;
import com.langfuse.sdk.local.TerminalText;
import com.langfuse.sdk.local.assertion.TreeFinding.Line;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Draws what is expected beside what is there. Of a big tree it shows what differs and what is
 * around it.
 *
 * <pre>
 *   expected                       | actual
 *   SPAN user-request              | SPAN user-request
 * ≠   GENERATION llm  model=gpt-4o |   GENERATION llm  model=gpt-4o-mini
 * +                                |   SPAN retry
 * -   TOOL fetch                   |
 * </pre>
 */
final class SideBySide {

  private static final int MOST_LINES = 80;
  private static final int MOST_ALIKE_IN_A_ROW = 10;
  private static final int AROUND = 2;
  private static final int ANCESTORS = 5;
  private static final int WIDEST = 64;
  private static final int DEEPEST = 12;
  private static final int LONGEST_FIELD = 40;
  private static final String STEP = "  ";

  private record Row(String mark, String expected, String actual) {}

  private final List<Line> lines;
  private final BitSet different = new BitSet();
  private final BitSet shown = new BitSet();
  private final List<Row> rows = new ArrayList<>();

  private SideBySide(List<Line> lines) {
    this.lines = lines;
  }

  static String draw(List<Line> lines) {
    SideBySide drawing = new SideBySide(lines);
    drawing.choose();
    drawing.fill();
    return drawing.text();
  }

  /** Of many lines in a row that differ in the same way the first ones are enough. */
  private void choose() {
    int sameInARow = 0;
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).pair().differs()) {
        different.set(i);
        boolean again = i > 0 && mark(i).equals(mark(i - 1));
        sameInARow = again ? sameInARow + 1 : 0;
        if (sameInARow < MOST_ALIKE_IN_A_ROW) {
          show(i);
        }
      }
    }
  }

  private void show(int line) {
    shown.set(Math.max(0, line - AROUND), line + 1);
    int parent = lines.get(line).parent();
    for (int i = 0; i < ANCESTORS && parent >= 0; i++) {
      shown.set(parent);
      parent = lines.get(parent).parent();
    }
    for (int i = line + 1; i <= Math.min(line + AROUND, lines.size() - 1); i++) {
      if (!lines.get(i).pair().differs()) {
        shown.set(i);
      }
    }
  }

  private void fill() {
    rows.add(new Row(" ", "expected", "actual"));
    int next = 0;
    for (int i = shown.nextSetBit(0); i >= 0 && rows.size() < MOST_LINES; i = next(i)) {
      skip(next, i);
      rows.add(row(i));
      next = i + 1;
    }
    skip(next, lines.size());
  }

  private int next(int line) {
    return shown.nextSetBit(line + 1);
  }

  private void skip(int from, int to) {
    if (from < to) {
      int differing = different.get(from, to).cardinality();
      String what = TerminalText.count(to - from, "more line");
      String text = differing == 0 ? what : what + ", of which " + differing + " differ";
      rows.add(new Row(differing == 0 ? " " : "≠", "… " + text, "…"));
    }
  }

  private Row row(int line) {
    String indent = STEP.repeat(Math.min(lines.get(line).depth(), DEEPEST));
    Pair pair = lines.get(line).pair();
    return new Row(mark(line), cut(indent, expected(pair)), cut(indent, actual(pair)));
  }

  private String mark(int line) {
    Pair pair = lines.get(line).pair();
    return switch (pair.role()) {
      case MISSING -> "-";
      case UNEXPECTED -> "+";
      case OTHER -> " ";
      case MISPLACED -> "↕";
      case BOTH -> pair.differs() ? "≠" : " ";
    };
  }

  private static String expected(Pair pair) {
    ExpectedObservation expected = pair.expected();
    if (expected == null) {
      return "";
    }
    StringBuilder text = new StringBuilder(expected.type() + " " + Excerpt.of(expected.name()));
    for (Field<LocalObservation> field : expected.fields()) {
      text.append(STEP).append(TerminalText.oneLine(field.wantedLabel(), LONGEST_FIELD));
    }
    return text.toString();
  }

  private static String actual(Pair pair) {
    if (pair.actual() == null) {
      return "";
    }
    LocalObservation actual = pair.actual().observation();
    StringBuilder text = new StringBuilder(actual.type() + " " + Excerpt.of(actual.name()));
    if (pair.expected() != null) {
      for (Field<LocalObservation> field : pair.expected().fields()) {
        text.append(STEP).append(TerminalText.oneLine(field.actualLabel(actual), LONGEST_FIELD));
      }
    }
    return text.toString();
  }

  private static String cut(String indent, String text) {
    return text.isEmpty() ? "" : TerminalText.oneLine(indent + text, WIDEST);
  }

  private String text() {
    int width = rows.stream().mapToInt(row -> length(row.expected())).max().orElse(0);
    StringBuilder text = new StringBuilder();
    for (Row row : rows) {
      String padding = " ".repeat(width - length(row.expected()));
      String line = row.mark() + " " + row.expected() + padding + " | " + row.actual();
      text.append(line.stripTrailing()).append('\n');
    }
    return text.toString().stripTrailing();
  }

  private static int length(String text) {
    return text.codePointCount(0, text.length());
  }
}
