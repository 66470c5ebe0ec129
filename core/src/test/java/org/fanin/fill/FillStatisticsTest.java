package org.fanin.fill;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/// A million elements of each law; `bench/statistics` takes 1e8. About 120 figures with |z| < 5:
/// one false alarm in 15,000 choices of the seeds, which are fixed.
class FillStatisticsTest {
  @Test
  void elementsFollowTheirLaws() {
    var figures = FillStatistics.of(1 << 20);
    assertTrue(figures.size() > 100);
    double squares = 0;
    for (FillStatistics.Figure f : figures) {
      assertTrue(Math.abs(f.z()) < 5, f.toString());
      squares += f.z() * f.z();
    }
    // Not all independent: a wide band around 1.
    assertTrue(squares / figures.size() > 0.4 && squares / figures.size() < 1.8, "" + squares);
  }
}
