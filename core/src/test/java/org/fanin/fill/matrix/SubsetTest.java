package org.fanin.fill.matrix;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Subsets without replacement are equally likely.
class SubsetTest {
  /// All ten pairs of five, 100,000 times: χ² with 9 degrees of freedom within 5 standard
  /// deviations above its mean (chance about 1 in 2,000, fixed seed).
  @Test
  void allSubsetsAreEquallyLikely() {
    var source = new TestNormals(11);
    Map<Integer, Integer> counts = new HashMap<>();
    var words = new long[2];
    var places = new int[2];
    int draws = 100_000;
    for (int i = 0; i < draws; i++) {
      source.choices(0, 2L * i, words, 2);
      SparseMatrix.choose(words, 5, places);
      counts.merge(places[0] * 5 + places[1], 1, Integer::sum);
    }
    assertEquals(10, counts.size());
    double x = 0;
    for (int c : counts.values()) {
      x += (c - draws / 10.0) * (c - draws / 10.0) / (draws / 10.0);
    }
    assertEquals(9, x, 5 * Math.sqrt(18));
  }

  /// Words at both ends of their range, by hand: Floyd takes 0, then 0 again, hence 4; or the last
  /// of each range.
  @Test
  void wordsAreScaledToTheirRange() {
    var places = new int[2];
    SparseMatrix.choose(new long[] {0, 0}, 5, places);
    assertArrayEquals(new int[] {0, 4}, places);
    SparseMatrix.choose(new long[] {-1, -1}, 5, places);
    assertArrayEquals(new int[] {3, 4}, places);
  }
}
