package com.langfuse.sdk.local;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The shape of a trace: each observation exactly once, below its parent or as a root. Parents that
 * go round in a circle have no root of their own; the first of them serves. Linear in the size of
 * the trace, and without recursion, which a chain of thousands would not survive.
 */
public final class TraceForest {

  /** An observation and those below it, both in start order. */
  public record Node(LocalObservation observation, List<Node> children) {}

  private final Map<String, List<LocalObservation>> byParent = new HashMap<>();
  private final Set<LocalObservation> planted = Collections.newSetFromMap(new IdentityHashMap<>());
  private final List<Node> roots = new ArrayList<>();

  private TraceForest(LocalTrace trace) {
    for (LocalObservation each : trace.observations()) {
      if (each.parentId() != null) {
        byParent.computeIfAbsent(each.parentId(), id -> new ArrayList<>()).add(each);
      }
    }
    trace.roots().forEach(this::plant);
    trace.observations().forEach(this::plant);
  }

  /** The roots, in start order; none for an empty trace. */
  public static List<Node> of(LocalTrace trace) {
    return new TraceForest(trace).roots;
  }

  private void plant(LocalObservation root) {
    if (!planted.add(root)) {
      return;
    }
    Node tree = new Node(root, new ArrayList<>());
    roots.add(tree);
    Deque<Node> growing = new ArrayDeque<>(List.of(tree));
    while (!growing.isEmpty()) {
      Node node = growing.pop();
      for (LocalObservation child : byParent.getOrDefault(node.observation().id(), List.of())) {
        if (planted.add(child)) {
          Node branch = new Node(child, new ArrayList<>());
          node.children().add(branch);
          growing.push(branch);
        }
      }
    }
  }
}
