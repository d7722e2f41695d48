package com.langfuse.sdk.local.assertion;

import com.langfuse.sdk.local.assertion.Pair.Role;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Both trees, paired.
 *
 * @param roots in the order in which they are shown
 */
record TreeFinding(List<Pair> roots) implements Expectation.Finding {

  /** A pair on its line, and the line of its parent; -1 for a root. */
  record Line(Pair pair, int depth, int parent) {}

  @Override
  public long cost() {
    return roots.stream().mapToLong(Pair::cost).sum();
  }

  @Override
  public List<String> differences() {
    List<Line> lines = lines();
    List<String> sentences = new ArrayList<>();
    for (Line line : lines) {
      // What is below one that is alone goes without saying.
      Role parent = line.parent() < 0 ? Role.BOTH : lines.get(line.parent()).pair().role();
      if (parent == Role.BOTH || parent == Role.MISPLACED) {
        sentences.addAll(line.pair().differences());
      }
    }
    return sentences;
  }

  @Override
  public String drawing() {
    return SideBySide.draw(lines());
  }

  /** All pairs, parents before their children; without recursion, for the sake of long chains. */
  private List<Line> lines() {
    List<Line> lines = new ArrayList<>();
    Deque<Line> open = new ArrayDeque<>();
    push(roots, 0, -1, open);
    while (!open.isEmpty()) {
      Line line = open.pop();
      lines.add(line);
      push(line.pair().below(), line.depth() + 1, lines.size() - 1, open);
    }
    return lines;
  }

  private static void push(List<Pair> pairs, int depth, int parent, Deque<Line> open) {
    for (int i = pairs.size() - 1; i >= 0; i--) {
      open.push(new Line(pairs.get(i), depth, parent));
    }
  }
}
