package org.fanin.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.fanin.compare.Pair.Finding;
import org.fanin.math.Addressed;
import org.fanin.probe.Arithmetic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PairTest {
  private static final double SD = 0.4;

  private static Pair pair(double predicted, double spread, double measured) {
    return Pair.of(predicted, spread, measured, 0.01, 10 + Pair.lnRounding(Arithmetic.FLOAT64));
  }

  private static Draws.Spread spread(int draws, long seed, double mean) {
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < draws; i++) {
      double x = mean + SD * Addressed.normal(seed, 7, i);
      sum += x;
      squares += x * x;
    }
    double m = sum / draws;
    double sd = Math.sqrt((squares - draws * m * m) / (draws - 1));
    return new Draws.Spread(m, m, sd, sd / Math.sqrt(draws));
  }

  @ParameterizedTest
  @CsvSource({
    "0.05, 0.01, AS_PREDICTED",
    "0.7, 0.4, AS_PREDICTED",
    "1.5, 0.4, UNLUCKY_SEED",
    "1.7, 0.4, RULE_OFF",
    "3.0, 0.6, RULE_OFF",
    "0.2, 0.01, RULE_OFF"
  })
  void oneRunGoesByTheSpread(double off, double spread, Finding want) {
    assertEquals(want, pair(0, spread, off).finding());
    assertEquals(want, pair(0, spread, -off).finding());
  }

  /// Exact quantiles of Student's t at two-sided 6.334e-5, by numerical integration of its density:
  /// 8.467 (7 degrees of freedom), 5.480 (15), 4.6216 (31), 4.28675 (63).
  @Test
  void theLimitIsStudents() {
    assertEquals(8.467, Pair.limit(8), 0.21);
    assertEquals(5.480, Pair.limit(16), 0.01);
    assertEquals(4.6216, Pair.limit(32), 1e-3);
    assertEquals(4.28675, Pair.limit(64), 1e-4);
  }

  /// 2,000 right rules, each with its own draws: 6.3e-5 each, so two or more false alarms in one
  /// run of this test in 130; the seeds are fixed.
  @ParameterizedTest
  @ValueSource(ints = {16, 64})
  void aRightRuleIsNotCalledOffHoweverUnluckyTheSeed(int draws) {
    int off = 0;
    int unlucky = 0;
    for (long seed = 0; seed < 2000; seed++) {
      // Predicted spread far too small: one run would call it off.
      Pair one = pair(0, 0.05, SD * 3);
      assertEquals(Finding.RULE_OFF, one.finding());
      Finding f = one.judged(spread(draws, seed, 0), draws, false).finding();
      off += f == Finding.RULE_OFF ? 1 : 0;
      unlucky += f == Finding.UNLUCKY_SEED ? 1 : 0;
    }
    assertTrue(off <= 1, off + " called off");
    assertTrue(unlucky > 1800, unlucky + " unlucky");
  }

  /// A factor of 1.5 at a scatter of .4 over 64 draws is 8 standard errors: found but for chances
  /// under 1e-3 each.
  @ParameterizedTest
  @ValueSource(doubles = {1.5, 1 / 1.5})
  void aWrongRuleIsFoundBehindAWideSpread(double factor) {
    int found = 0;
    for (long seed = 0; seed < 500; seed++) {
      Pair one = pair(Math.log(factor), 0.6, 0);
      assertEquals(Finding.AS_PREDICTED, one.finding());
      found += one.judged(spread(64, seed, 0), 64, false).finding() == Finding.RULE_OFF ? 1 : 0;
    }
    assertTrue(found >= 498, found + " of 500");
  }

  /// 40% off with 1% scatter is off; not when the samples that all draws share are off by 15%.
  @Test
  void sharedSamplesCanBeOff() {
    Pair one = Pair.of(0, 0.05, 0.4, 0.15, 10);
    Draws.Spread over = new Draws.Spread(0.4, 0.4, 0.01, 0.001);
    assertEquals(Finding.RULE_OFF, one.judged(over, 64, false).finding());
    assertEquals(Finding.AS_PREDICTED, one.judged(over, 64, true).finding());
  }

  @Test
  void tooFewDrawsDecideNothing() {
    Pair one = pair(0, 0.05, 1);
    assertEquals(one, one.judged(spread(7, 1, 0), 7, false));
  }

  @Test
  void exactZerosStayAsPredicted() {
    Pair zero = pair(Double.NEGATIVE_INFINITY, 0, -100);
    assertEquals(Finding.AS_PREDICTED, zero.finding());
    assertEquals(zero, zero.judged(spread(16, 1, -100), 16, false));
  }

  @Test
  void drawsKnowTheErrorOfTheirMean() {
    // 1, 2, 6: mean 3, sd √7, error √(7/3)/3.
    Draws.Spread s = Draws.Spread.of(Math.log(1), Math.log(6), Math.log(2));
    assertEquals(Math.log(3), s.lnMean(), 1e-12);
    assertEquals(Math.sqrt(7.0 / 3) / 3, s.meanError(), 1e-12);
    assertEquals(Math.log(12) / 3, s.lnTypical(), 1e-12);
  }
}
