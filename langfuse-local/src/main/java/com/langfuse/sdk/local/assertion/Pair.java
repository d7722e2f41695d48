package com.langfuse.sdk.local.assertion;

import com.langfuse.sdk.local.LocalObservation;
import com.langfuse.sdk.local.TraceForest;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An expected observation beside the actual one that is most like it, or one of them alone.
 *
 * @param role what this pair says
 * @param expected null for an actual one that is alone
 * @param actual null for an expected one that is alone
 * @param cost how much is wrong here and below
 * @param paired the pairs below, where both are there
 */
record Pair(
    Role role,
    @Nullable ExpectedObservation expected,
    TraceForest.@Nullable Node actual,
    int cost,
    List<Pair> paired) {

  /** What became of an observation. */
  enum Role {
    /** Both are there; they may differ. */
    BOTH,
    /** Both are there, but not where among their siblings they should be. */
    MISPLACED,
    /** Expected, and not there. */
    MISSING,
    /** There, and not expected. */
    UNEXPECTED,
    /** There, and of no interest. */
    OTHER
  }

  static Pair missing(ExpectedObservation expected, int cost) {
    return new Pair(Role.MISSING, expected, null, cost, List.of());
  }

  static Pair alone(Role role, TraceForest.Node actual, int cost) {
    return new Pair(role, null, actual, cost, List.of());
  }

  Pair misplaced(int worse) {
    return new Pair(Role.MISPLACED, expected, actual, cost + worse, paired);
  }

  /** The pairs below; what is below one that is alone is alone, too. */
  List<Pair> below() {
    List<Pair> below = new ArrayList<>(paired);
    if (expected == null && actual != null) {
      actual.children().forEach(each -> below.add(alone(role, each, 0)));
    } else if (expected != null && actual == null) {
      expected.children().forEach(each -> below.add(missing(each, 0)));
    }
    return below;
  }

  boolean hasRightName() {
    return expected != null
        && actual != null
        && expected.name().equals(actual.observation().name());
  }

  /** Whether something is wrong right here. */
  boolean differs() {
    return role != Role.OTHER && !differences().isEmpty();
  }

  /** What is wrong right here, a sentence each. */
  List<String> differences() {
    List<String> sentences = new ArrayList<>();
    if (expected == null || actual == null) {
      if (role == Role.MISSING) {
        sentences.add("missing: " + label());
      } else if (role == Role.UNEXPECTED) {
        sentences.add("not expected: " + label());
      }
      return sentences;
    }
    if (role == Role.MISPLACED) {
      sentences.add("out of order: " + label());
    }
    String who = Excerpt.of(expected.name()) + ": ";
    LocalObservation observation = actual.observation();
    if (!expected.type().equals(observation.type())) {
      sentences.add(who + "type is " + observation.type() + ", not " + expected.type());
    }
    if (!hasRightName()) {
      sentences.add(who + "name is " + Excerpt.of(observation.name(), expected.name()));
    }
    for (Field<LocalObservation> field : expected.fields()) {
      if (!field.fits(observation)) {
        sentences.add(who + field.complaint(observation));
      }
    }
    return sentences;
  }

  /** Type and name. */
  String label() {
    if (expected != null) {
      return expected.type() + " " + Excerpt.of(expected.name());
    }
    return actual == null
        ? ""
        : actual.observation().type() + " " + Excerpt.of(actual.observation().name());
  }
}
