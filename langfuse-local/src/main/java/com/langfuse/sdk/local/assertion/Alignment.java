package com.langfuse.sdk.local.assertion;

/** The cheapest way to pair rows with columns so that no two pairs cross. */
final class Alignment {

  static final int NONE = -1;

  /**
   * The column of each row, or {@link #NONE}.
   *
   * @param pair what it costs to pair each row with each column
   * @param skipRow what it costs to leave a row without a column
   * @param skipColumn what it costs to leave a column without a row
   */
  static int[] cheapest(int[][] pair, int[] skipRow, int[] skipColumn) {
    int[][] total = totals(pair, skipRow, skipColumn);
    int[] columns = new int[skipRow.length];
    int column = 0;
    for (int row = 0; row < skipRow.length; row++) {
      while (column < skipColumn.length
          && total[row][column] == skipColumn[column] + total[row][column + 1]
          && total[row][column] != pairing(pair, total, row, column)) {
        column++;
      }
      boolean paired =
          column < skipColumn.length && total[row][column] == pairing(pair, total, row, column);
      columns[row] = paired ? column++ : NONE;
    }
    return columns;
  }

  private static int pairing(int[][] pair, int[][] total, int row, int column) {
    return pair[row][column] + total[row + 1][column + 1];
  }

  /** What the rest costs, from each row and column on. */
  private static int[][] totals(int[][] pair, int[] skipRow, int[] skipColumn) {
    int rows = skipRow.length;
    int columns = skipColumn.length;
    int[][] total = new int[rows + 1][columns + 1];
    for (int row = rows; row >= 0; row--) {
      for (int column = columns; column >= 0; column--) {
        if (row == rows && column == columns) {
          continue;
        }
        int best = Integer.MAX_VALUE;
        if (row < rows) {
          best = skipRow[row] + total[row + 1][column];
        }
        if (column < columns) {
          best = Math.min(best, skipColumn[column] + total[row][column + 1]);
        }
        if (row < rows && column < columns) {
          best = Math.min(best, pairing(pair, total, row, column));
        }
        total[row][column] = best;
      }
    }
    return total;
  }

  private Alignment() {}
}
