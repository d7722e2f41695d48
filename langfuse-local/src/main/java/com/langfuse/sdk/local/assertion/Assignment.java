package com.langfuse.sdk.local.assertion;

import java.util.Arrays;

/**
 * The cheapest way to give each row a column of its own: the Hungarian algorithm, which finds the
 * optimum in cubic time at worst, and in quadratic time where rows are much the same.
 */
final class Assignment {

  private final int[][] cost;
  private final int size;
  private final long[] rowPrice;
  private final long[] columnPrice;

  /** The row that has each column; rows and columns count from 1, 0 stands for none. */
  private final int[] rowOf;

  private Assignment(int[][] cost) {
    this.cost = cost;
    this.size = cost.length;
    this.rowPrice = new long[size + 1];
    this.columnPrice = new long[size + 1];
    this.rowOf = new int[size + 1];
  }

  /**
   * The column of each row.
   *
   * @param cost square; of rows with equal costs, earlier ones get earlier columns
   */
  static int[] cheapest(int[][] cost) {
    Assignment assignment = new Assignment(cost);
    for (int row = 1; row <= assignment.size; row++) {
      assignment.add(row);
    }
    return assignment.columns();
  }

  /** Finds the cheapest chain of swaps by which this row, too, gets a column. */
  private void add(int row) {
    long[] slack = new long[size + 1];
    Arrays.fill(slack, Long.MAX_VALUE);
    int[] before = new int[size + 1];
    boolean[] visited = new boolean[size + 1];
    rowOf[0] = row;
    int column = 0;
    while (rowOf[column] != 0) {
      visited[column] = true;
      int next = relax(column, slack, before, visited);
      raise(slack[next], slack, visited);
      column = next;
    }
    while (column != 0) {
      rowOf[column] = rowOf[before[column]];
      column = before[column];
    }
  }

  /** Looks at all columns from the row that has this one, and returns the nearest. */
  private int relax(int column, long[] slack, int[] before, boolean[] visited) {
    int row = rowOf[column];
    int nearest = 0;
    long least = Long.MAX_VALUE;
    for (int each = 1; each <= size; each++) {
      if (visited[each]) {
        continue;
      }
      long reduced = cost[row - 1][each - 1] - rowPrice[row] - columnPrice[each];
      if (reduced < slack[each]) {
        slack[each] = reduced;
        before[each] = column;
      }
      // Of equally near ones a free one, which ends the search: many rows are often the same.
      boolean sooner = slack[each] == least && rowOf[each] == 0 && rowOf[nearest] != 0;
      if (slack[each] < least || sooner) {
        least = slack[each];
        nearest = each;
      }
    }
    return nearest;
  }

  private void raise(long amount, long[] slack, boolean[] visited) {
    if (amount == 0) {
      return;
    }
    for (int each = 0; each <= size; each++) {
      if (visited[each]) {
        rowPrice[rowOf[each]] += amount;
        columnPrice[each] -= amount;
      } else {
        slack[each] -= amount;
      }
    }
  }

  private int[] columns() {
    int[] columns = new int[size];
    for (int column = 1; column <= size; column++) {
      columns[rowOf[column] - 1] = column - 1;
    }
    return columns;
  }
}
