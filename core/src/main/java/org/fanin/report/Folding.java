package org.fanin.report;

import java.util.ArrayList;
import java.util.List;

/// Finds runs of like blocks, so that 500 layers take 20 lines.
final class Folding {
  private static final int LONGEST_BLOCK = 64;
  private static final int FEWEST_REPEATS = 3;

  private Folding() {}

  sealed interface Line {
    record One(Row row) implements Line {}

    /// Blocks that follow the block just shown and are like it.
    ///
    /// @param rows all their rows
    /// @param block rows per block
    /// @param before last row of the block shown
    record More(List<Row> rows, int block, Row before) implements Line {
      int count() {
        return rows.size() / block;
      }

      /// The rows that end each block, the one shown first.
      List<Row> ends() {
        List<Row> ends = new ArrayList<>();
        ends.add(before);
        for (int i = block - 1; i < rows.size(); i += block) {
          ends.add(rows.get(i));
        }
        return ends;
      }
    }
  }

  static List<Line> fold(List<Row> rows) {
    String[] kinds = rows.stream().map(Row::kind).toArray(String[]::new);
    List<Line> lines = new ArrayList<>();
    int i = 0;
    while (i < kinds.length) {
      int block = bestBlock(kinds, i);
      int shown = Math.max(1, block);
      rows.subList(i, i + shown).forEach(r -> lines.add(new Line.One(r)));
      i += shown;
      if (block > 0) {
        int more = (repeats(kinds, i - block, block) - 1) * block;
        lines.add(new Line.More(rows.subList(i, i + more), block, rows.get(i - 1)));
        i += more;
      }
    }
    return lines;
  }

  /// Length of the block at `i` whose repetition hides most rows; 0 when nothing worth folding
  /// starts here.
  private static int bestBlock(String[] kinds, int i) {
    int best = 0;
    int bestHidden = FEWEST_REPEATS - 2;
    for (int p = 1; p <= LONGEST_BLOCK && i + p * FEWEST_REPEATS <= kinds.length; p++) {
      if (!kinds[i].equals(kinds[i + p])) {
        continue;
      }
      int n = repeats(kinds, i, p);
      int hidden = (n - 1) * p;
      if (n >= FEWEST_REPEATS && hidden > bestHidden) {
        best = p;
        bestHidden = hidden;
      }
    }
    return best;
  }

  private static int repeats(String[] kinds, int start, int block) {
    int same = 0;
    while (start + same + block < kinds.length
        && kinds[start + same].equals(kinds[start + same + block])) {
      same++;
    }
    return 1 + same / block;
  }
}
