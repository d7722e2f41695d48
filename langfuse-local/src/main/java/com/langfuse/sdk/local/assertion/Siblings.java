package com.langfuse.sdk.local.assertion;

import com.langfuse.sdk.local.TraceForest;
import com.langfuse.sdk.local.assertion.Pair.Role;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The expected and the actual children of two parents that are held against each other. */
final class Siblings {

  private static final int NEVER = 1_000_000_000;

  /** Where others cost nothing, one of the right name with much wrong below is still no other. */
  private static final int RATHER_PAIRED = 100 * TreeComparison.ALONE;

  private final List<ExpectedObservation> expected;
  private final List<TraceForest.Node> actual;
  private final Role alone;

  /** What it costs when each expected one, and each actual one, stays alone. */
  private final int[] missing;

  private final int[] unexpected;

  /** How much may be wrong with its counterpart before each expected one is rather alone. */
  private final int[] tolerance;

  private final Pair[][] pairs;
  private final int[][] costs;

  Siblings(
      TreeComparison comparison,
      List<ExpectedObservation> expected,
      List<TraceForest.Node> actual,
      boolean othersAllowed) {
    this.expected = expected;
    this.actual = actual;
    this.alone = othersAllowed ? Role.OTHER : Role.UNEXPECTED;
    this.missing = new int[expected.size()];
    this.tolerance = new int[expected.size()];
    this.unexpected = new int[actual.size()];
    this.pairs = new Pair[expected.size()][actual.size()];
    this.costs = new int[expected.size()][actual.size()];
    for (int column = 0; column < unexpected.length; column++) {
      int size = comparison.size(actual.get(column));
      unexpected[column] = othersAllowed ? 0 : TreeComparison.ALONE * size;
    }
    for (int row = 0; row < missing.length; row++) {
      missing[row] = TreeComparison.ALONE * expected.get(row).size();
      tolerance[row] = missing[row] + (othersAllowed ? RATHER_PAIRED : 0);
      for (int column = 0; column < unexpected.length; column++) {
        pairs[row][column] = comparison.compare(expected.get(row), actual.get(column));
        costs[row][column] = cost(pairs[row][column], othersAllowed);
      }
    }
  }

  /** Where others cost nothing, one of another name is one of them. */
  private static int cost(Pair pair, boolean othersAllowed) {
    return othersAllowed && !pair.hasRightName() ? NEVER : pair.cost();
  }

  List<Pair> inAnyOrder() {
    int size = Math.max(missing.length, unexpected.length);
    int[][] square = new int[size][size];
    for (int row = 0; row < size; row++) {
      for (int column = 0; column < size; column++) {
        square[row][column] = Math.min(together(row, column), apart(row, column));
      }
    }
    int[] columns = Assignment.cheapest(square);
    int[] chosen = new int[missing.length];
    for (int row = 0; row < chosen.length; row++) {
      boolean both = together(row, columns[row]) <= apart(row, columns[row]);
      chosen[row] = both ? columns[row] : Alignment.NONE;
    }
    return paired(chosen);
  }

  List<Pair> inOrder() {
    int[] chosen = Alignment.cheapest(costs, tolerance, unexpected);
    @Nullable Pair[] moved = new Pair[unexpected.length];
    boolean[] taken = new boolean[unexpected.length];
    for (int column : chosen) {
      if (column != Alignment.NONE) {
        taken[column] = true;
      }
    }
    for (int row = 0; row < chosen.length; row++) {
      for (int column = 0; column < taken.length && chosen[row] == Alignment.NONE; column++) {
        if (!taken[column] && costs[row][column] < TreeComparison.ALONE) {
          taken[column] = true;
          chosen[row] = column;
          moved[column] = pairs[row][column].misplaced(TreeComparison.ALONE);
        }
      }
    }
    List<Pair> result = new ArrayList<>(paired(chosen));
    for (int column = 0; column < moved.length; column++) {
      if (moved[column] != null) {
        result.set(column, moved[column]);
      }
    }
    return result;
  }

  /** Beyond what there is, on either side, nobody can be paired. */
  private int together(int row, int column) {
    return row < missing.length && column < unexpected.length ? costs[row][column] : NEVER;
  }

  private int apart(int row, int column) {
    return (row < missing.length ? tolerance[row] : 0)
        + (column < unexpected.length ? unexpected[column] : 0);
  }

  /** All the actual ones as they started, each with its partner if it has one; then the missing. */
  private List<Pair> paired(int[] columns) {
    Pair[] byColumn = new Pair[unexpected.length];
    List<Pair> gone = new ArrayList<>();
    for (int row = 0; row < columns.length; row++) {
      if (columns[row] == Alignment.NONE) {
        gone.add(Pair.missing(expected.get(row), missing[row]));
      } else {
        byColumn[columns[row]] = pairs[row][columns[row]];
      }
    }
    for (int column = 0; column < byColumn.length; column++) {
      if (byColumn[column] == null) {
        byColumn[column] = Pair.alone(alone, actual.get(column), unexpected[column]);
      }
    }
    List<Pair> result = new ArrayList<>(Arrays.asList(byColumn));
    result.addAll(gone);
    return result;
  }
}
