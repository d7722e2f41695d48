package com.langfuse.sdk.local.assertion;

import com.langfuse.sdk.local.LocalObservation;
import com.langfuse.sdk.local.LocalTrace;
import com.langfuse.sdk.local.TraceForest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * Pairs what is expected with what is there, so that as little as possible is wrong. An expected
 * and an actual observation are held against each other at most once, when their parents are.
 */
final class TreeComparison {

  /** An observation that is alone, of either kind. */
  static final int ALONE = 1_000;

  /** More than for two that are alone: a leaf of another name is another leaf. */
  private static final int OTHER_NAME = 2_500;

  /** Less: what has the right name and another type is meant, as well as ... */
  private static final int OTHER_TYPE = 400;

  /** ... what has the right name and other fields, however many. */
  private static final int OTHER_FIELD = 10;

  private static final int MOST_FOR_FIELDS = 300;

  private final IdentityHashMap<TraceForest.Node, Integer> sizes = new IdentityHashMap<>();

  private TreeComparison(List<TraceForest.Node> roots) {
    Deque<TraceForest.Node> open = new ArrayDeque<>(roots);
    List<TraceForest.Node> parentsFirst = new ArrayList<>();
    while (!open.isEmpty()) {
      TraceForest.Node node = open.pop();
      parentsFirst.add(node);
      open.addAll(node.children());
    }
    for (int i = parentsFirst.size() - 1; i >= 0; i--) {
      TraceForest.Node node = parentsFirst.get(i);
      sizes.put(node, 1 + node.children().stream().mapToInt(sizes::get).sum());
    }
  }

  /** The roots of a trace, in any order, with nothing beside them. */
  static TreeFinding of(List<ExpectedObservation> expected, LocalTrace trace) {
    List<TraceForest.Node> actual = TraceForest.of(trace);
    return new TreeFinding(
        new Siblings(new TreeComparison(actual), expected, actual, false).inAnyOrder());
  }

  Pair compare(ExpectedObservation expected, TraceForest.Node actual) {
    List<Pair> below = below(expected, actual);
    int cost = difference(expected, actual.observation());
    for (Pair pair : below) {
      cost += pair.cost();
    }
    return new Pair(Pair.Role.BOTH, expected, actual, cost, below);
  }

  /** How many observations are here, with this one. */
  int size(TraceForest.Node actual) {
    return sizes.getOrDefault(actual, 1);
  }

  private List<Pair> below(ExpectedObservation expected, TraceForest.Node actual) {
    if (expected.children().isEmpty() && actual.children().isEmpty()) {
      return List.of();
    }
    Siblings siblings =
        new Siblings(this, expected.children(), actual.children(), expected.allowsOthers());
    return expected.isOrdered() ? siblings.inOrder() : siblings.inAnyOrder();
  }

  private static int difference(ExpectedObservation expected, LocalObservation actual) {
    int fields = 0;
    for (Field<LocalObservation> field : expected.fields()) {
      fields += field.fits(actual) ? 0 : OTHER_FIELD;
    }
    return Math.min(fields, MOST_FOR_FIELDS)
        + (expected.type().equals(actual.type()) ? 0 : OTHER_TYPE)
        + (expected.name().equals(actual.name()) ? 0 : OTHER_NAME);
  }
}
