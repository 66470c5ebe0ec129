package org.fanin.judge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.fanin.judge.Trainable.Answer;
import org.junit.jupiter.api.Test;

class TrainableModelTest {
  private static final double NEVER = Double.NEGATIVE_INFINITY;

  private static Trainable decide(double useful, double stiff, double drift, boolean broken) {
    return TrainableModel.decide(new Features(useful, NEVER, stiff, drift, broken));
  }

  @Test
  void healthyTrains() {
    Trainable t = decide(0, .3, NEVER, false);
    assertEquals(Answer.YES, t.answer());
    assertTrue(t.score() > .99);
  }

  @Test
  void eachObjectionAloneIsEnough() {
    assertEquals(Answer.NO, decide(-6, -5, NEVER, false).answer());
    assertEquals(Answer.NO, decide(5, 5, NEVER, false).answer());
    assertEquals(Answer.NO, decide(1, 1.2, 2.5, false).answer());
    assertEquals(Answer.NO, decide(0, 0, NEVER, true).answer());
  }

  @Test
  void theLimitIsDoubtful() {
    assertEquals(Answer.DOUBTFUL, decide(-2.3, -2, NEVER, false).answer());
  }

  @Test
  void aLotteryIsAnObjection() {
    assertEquals(Answer.NO, lottery(Math.log10(10)).answer());
    assertEquals(Answer.YES, lottery(Math.log10(1)).answer());
    assertTrue(lottery(Math.log10(10)).because().contains("too deep for its width"));
  }

  /// Each layer closer to the input pulls a tenth as much; all the same, the head learns well.
  @Test
  void aHeadThatLearnsIsEnoughOnlyWhileInputsAreApart() {
    assertEquals(Answer.YES, fadingGradient(0).answer());
    assertEquals(Answer.NO, fadingGradient(.999).answer());
  }

  private static Trainable fadingGradient(double cos) {
    Nets n = new Nets(8);
    int x = n.input();
    for (int i = 0; i < 12; i++) {
      double lnG = 2 * Math.log(10) * (i - 9);
      x = n.dense("fc" + i, x, 0, 0, cos, new Nets.Weight(1. / 8, lnG, "lecun-normal", false, 0));
    }
    return Judge.judge(n.done(x), Thresholds.standard()).trainable();
  }

  private static Trainable lottery(double decades) {
    return TrainableModel.decide(new Features(0, decades, .3, NEVER, false));
  }

  @Test
  void reasonNamesTheWeakestPart() {
    assertTrue(decide(-6, -5, NEVER, false).because().contains("too little"));
    assertTrue(decide(5, 5, NEVER, false).because().contains("learning rate is small enough"));
  }

  @Test
  void noLayersIsNoObjection() {
    assertEquals(Answer.YES, decide(Double.NaN, Double.NaN, NEVER, false).answer());
  }

  @Test
  void moreUsefulPullNeverHurts() {
    double before = 0;
    for (double u = -10; u < 3; u += .25) {
      double now = decide(u, 0, NEVER, false).score();
      assertTrue(now >= before);
      before = now;
    }
  }
}
