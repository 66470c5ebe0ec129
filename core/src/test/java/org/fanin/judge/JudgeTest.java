package org.fanin.judge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.fanin.graph.Op;
import org.fanin.graph.Role;
import org.fanin.judge.Verdict.Level;
import org.fanin.predict.Forecast;
import org.fanin.predict.Forecast.Observation.Kind;
import org.junit.jupiter.api.Test;

class JudgeTest {
  private static final double NEG_INF = Double.NEGATIVE_INFINITY;

  private static List<Verdict> judge(Forecast f) {
    return Judge.judge(f, Thresholds.standard()).verdicts();
  }

  private static Verdict only(List<Verdict> all, String rule) {
    List<Verdict> found = all.stream().filter(v -> v.rule().equals(rule)).toList();
    assertEquals(1, found.size(), () -> rule + " in " + all);
    return found.getFirst();
  }

  private static boolean none(List<Verdict> all, String rule) {
    return all.stream().noneMatch(v -> v.rule().equals(rule));
  }

  @Test
  void levelNetworkIsHealthyAndSaysSo() {
    Judgement j = Judge.judge(Nets.mlp(10, 0, 0, .5), Thresholds.standard());
    assertEquals(Level.OK, only(j.verdicts(), "signal-level").level());
    assertEquals(1, j.verdicts().size());
    assertTrue(j.healthy());
    assertEquals(Trainable.Answer.YES, j.trainable().answer());
    assertEquals(10, j.spine().points().size());
  }

  @Test
  void halvingSignalVanishes() {
    List<Verdict> all = judge(Nets.mlp(31, Math.log(.5), 0, .5));
    Verdict v = only(all, "vanishing");
    assertEquals(Level.FAIL, v.level());
    assertEquals("fc29", v.at(), "the head is left out");
    assertEquals(29 * Math.log10(2), v.value(), 1e-9);
    assertTrue(v.because().contains("×0.500 per layer over 29 layers"), v.because());
    assertTrue(v.doThis().contains("by 2.00"), v.doThis());
  }

  @Test
  void warnLiesBetween() {
    assertEquals(Level.WARN, only(judge(Nets.mlp(11, Math.log(.5), 0, .5)), "vanishing").level());
    assertEquals(Level.WARN, only(judge(Nets.mlp(11, Math.log(2), 0, .5)), "exploding").level());
  }

  @Test
  void gradientFarBelowDoublesIsCompared() {
    Verdict v = only(judge(Nets.mlp(2000, 0, Math.log(.1), .5)), "vanishing-gradient");
    assertEquals(Level.FAIL, v.level());
    assertEquals(1998, v.value(), 1e-6);
    assertTrue(v.because().contains("1.00e-1998"), v.because());
  }

  @Test
  void normsOnThePathSetTheScaleAnew() {
    Nets n = new Nets(8);
    int x = n.input();
    for (int i = 0; i < 20; i++) {
      x = n.dense("fc" + i, x, Math.log(1e-6), Math.log(1e6), 0);
      x = n.norm("bn" + i, x, 0, 0);
    }
    x = n.dense("head", x, 0, 0, 0);
    List<Verdict> all = judge(n.done(x));
    assertTrue(none(all, "vanishing") && none(all, "exploding-gradient"), all::toString);
  }

  @Test
  void normDrivenExplosionHasItsOwnLimit() {
    Nets n = new Nets(8);
    int x = n.input();
    for (int i = 0; i < 50; i++) {
      double lnG = (49 - i) * Math.log(1.4669);
      x = n.dense("fc" + i, x, 0, lnG, 0);
      x = n.norm("bn" + i, x, lnG, 0);
    }
    List<Verdict> all = judge(n.done(x));
    assertEquals(Level.FAIL, only(all, "norm-explosion").level());
    assertTrue(none(all, "exploding-gradient"));
  }

  @Test
  void branchesAreNotThePath() {
    Nets n = new Nets(8);
    int x = n.dense("stem", n.input(), 0, 0, 0);
    for (int i = 0; i < 6; i++) {
      int branch = n.dense("block" + i, x, Math.log(1e-8), Math.log(1e8), 0);
      x = n.add("add" + i, x, branch, 0, 0, 0);
    }
    Judgement j = Judge.judge(n.done(x), Thresholds.standard());
    assertTrue(j.healthy());
    assertEquals("stem", j.spine().points().getFirst().layer());
    assertEquals(7, j.spine().points().size());
  }

  @Test
  void anglesAreMeasuredFromTheInput() {
    assertEquals(Level.FAIL, only(judge(Nets.mlp(5, 0, 0, .995)), "angle-collapse").level());
    assertEquals(Level.WARN, only(judge(Nets.mlp(5, 0, 0, .96)), "angle-collapse").level());
    Nets n = new Nets(8).inputCos(.9);
    int x = n.dense("fc", n.input(), 0, 0, .96);
    assertTrue(none(judge(n.done(x)), "angle-collapse"));
  }

  @Test
  void zeroHeadIsByDesign() {
    Nets n = new Nets(8);
    int x = n.dense("fc", n.input(), 0, NEG_INF, 0, new Nets.Weight(.1, NEG_INF, "", false, 0));
    x = n.dense("head", x, NEG_INF, 0, Double.NaN, new Nets.Weight(0, 0, "zeros", false, 0));
    Judgement j = Judge.judge(n.done(x), Thresholds.standard());
    Verdict v = only(j.verdicts(), "by-design");
    assertEquals(Level.BY_DESIGN, v.level());
    assertEquals("head.weight", v.at());
    assertTrue(j.healthy(), j::toString);
  }

  @Test
  void twoZeroFactorsNeverMove() {
    Nets n = new Nets(8);
    int x = n.dense("a", n.input(), NEG_INF, NEG_INF, 0, new Nets.Weight(0, NEG_INF, "", false, 0));
    x = n.dense("b", x, NEG_INF, 0, 0, new Nets.Weight(0, NEG_INF, "", false, 0));
    Judgement j = Judge.judge(n.done(x), Thresholds.standard());
    assertEquals(Level.FAIL, only(j.verdicts(), "zero").level());
    assertEquals(Trainable.Answer.NO, j.trainable().answer());
  }

  /// The head's gradient is 0 at the first step and comes with the second.
  @Test
  void zeroLayerBeforeDrawnHeadIsByDesign() {
    Nets n = new Nets(8);
    int x = n.dense("a", n.input(), NEG_INF, 0, 0, new Nets.Weight(0, 0, "zeros", false, 0));
    x = n.dense("b", x, NEG_INF, 0, 0, new Nets.Weight(.1, NEG_INF, "", false, 0));
    Judgement j = Judge.judge(n.done(x), Thresholds.standard());
    Verdict v = only(j.verdicts(), "by-design");
    assertEquals("a.weight", v.at());
    assertTrue(v.because().contains("b.weight waits for it and opens at step 2"), v.because());
    assertTrue(j.healthy(), j::toString);
  }

  /// E ln Z = ln 8 + s²/2 near 0; at s = 20 one class takes all: 20 · E max of 8 = 28.5.
  @Test
  void wideLogitsAreAHeadsFault() {
    Nets n = new Nets(8);
    int x = n.dense("head", n.dense("fc", n.input(), 0, 0, 0), 6, 0, 0);
    n.observe(Forecast.Observation.Kind.HEAD_LOGIT_STD, x, 20);
    Judgement j = Judge.judge(n.done(x), Thresholds.standard());
    Verdict v = only(j.verdicts(), "head-scale");
    assertEquals(Level.WARN, v.level());
    assertEquals("head.weight", v.at());
    assertTrue(v.because().startsWith("if this output"), v.because());
    assertEquals(28.5, j.loss().orElseThrow().crossEntropy(), .1);
    int p = n.node("softmax", "Softmax", new Op.Softmax(1, false), x);
    n.forecast(p, -2, 0, 0);
    assertEquals(Level.FAIL, only(judge(n.done(p)), "head-scale").level());
  }

  @Test
  void ordinaryHeadsPass() {
    Nets n = new Nets(8);
    int x = n.dense("head", n.dense("fc", n.input(), 0, 0, 0), 0, 0, 0);
    n.observe(Forecast.Observation.Kind.HEAD_LOGIT_STD, x, Math.sqrt(2));
    Judgement j = Judge.judge(n.done(x), Thresholds.standard());
    assertTrue(none(j.verdicts(), "head-scale"));
    assertEquals(8, j.loss().orElseThrow().classes());
  }

  /// Four blocks of two residual sums each, a softmax in every branch.
  private static Judgement transformer(boolean postLn) {
    Nets n = new Nets(8);
    int x = n.input();
    for (int i = 0; i < 8; i++) {
      int in = postLn ? x : layerNorm(n, "ln" + i, x);
      int h = n.dense("v" + i, in, 0, 0, 0);
      h = n.node("softmax" + i, "Softmax", new Op.Softmax(1, false), h);
      n.forecast(h, 0, 0, 0);
      int sum = n.add("sum" + i, x, n.dense("out" + i, h, 0, 0, 0), 0, 0, 0);
      x = postLn ? layerNorm(n, "ln" + i, sum) : sum;
    }
    x = postLn ? x : layerNorm(n, "last", x);
    return Judge.judge(n.done(n.dense("head", x, 0, 0, 0)), Thresholds.standard());
  }

  private static int layerNorm(Nets n, String name, int from) {
    Op.Norm norm = new Op.Norm(Op.Norm.Kind.LAYER, List.of(1), 1, 1e-5);
    int out = n.node(name, "LayerNormalization", norm, from);
    n.forecast(out, 0, 0, 0);
    return out;
  }

  @Test
  void deepPostLnWantsWarmUp() {
    Judgement j = transformer(true);
    assertEquals(Level.WARN, only(j.verdicts(), "post-ln").level());
    assertEquals(
        List.of(Condition.WARM_UP, Condition.ADAM), j.trainable().conditions(), j::toString);
  }

  @Test
  void preLnWantsNone() {
    Judgement j = transformer(false);
    assertTrue(none(j.verdicts(), "post-ln"));
    assertEquals(List.of(), j.trainable().conditions());
  }

  @Test
  void zeroGradientWithoutAGateFails() {
    Nets n = new Nets(8);
    int x = n.dense("a", n.input(), 0, NEG_INF, 0, new Nets.Weight(.1, NEG_INF, "", false, 0));
    assertEquals(Level.FAIL, only(judge(n.done(x)), "zero").level());
  }

  @Test
  void quantisedNetworkIsToldWhyNoGradientPasses() {
    Nets n = new Nets(8);
    int x = n.dense("a", n.input(), 0, NEG_INF, 0, new Nets.Weight(.1, NEG_INF, "", false, 0));
    int q = n.node("q", "QuantizeLinear", new Op.Discrete("QuantizeLinear"), x);
    Judgement j = Judge.judge(n.done(q), Thresholds.standard());
    Verdict v = only(j.verdicts(), "no-gradient");
    assertEquals(Level.BY_DESIGN, v.level());
    assertEquals(Trainable.Answer.DOUBTFUL, j.trainable().answer());
    assertTrue(v.doThis().contains("before quantisation"), v.doThis());
  }

  @Test
  void identicalRowsAndBrokenNumbersFail() {
    Nets n = new Nets(8);
    int x = n.dense("a", n.input(), 0, 0, 0, new Nets.Weight(.1, 0, "", true, 0));
    x = n.dense("b", x, 0, 0, 0, new Nets.Weight(.1, 0, "", false, 3));
    List<Verdict> all = judge(n.done(x));
    assertEquals(Level.FAIL, only(all, "symmetric").level());
    assertTrue(only(all, "non-finite").because().startsWith("3 weights"));
    assertEquals(Level.FAIL, all.getFirst().level());
  }

  /// Of a softmax whose output is multiplied by values; of any other it says nothing.
  @Test
  void attentionIsHeldAgainstItsLimit() {
    Op.Contract product = new Op.Contract(List.of(0, 1), List.of(1, 2), List.of(0, 2), 1, 1);
    for (boolean attends : new boolean[] {true, false}) {
      Nets n = new Nets(8);
      int a = n.dense("a", n.input(), 0, 0, 0);
      int b = n.dense("b", n.input(), 0, 0, 0);
      int weights =
          n.node(
              "soft", "Softmax", new Op.Softmax(1, false), n.node("qk", "MatMul", product, a, b));
      int y = attends ? n.node("v", "MatMul", product, weights, b) : weights;
      n.observe(Kind.ATTENTION_LOGIT_STD, weights, 7).observe(Kind.ATTENTION_KEYS, weights, 64);
      List<Verdict> all = judge(n.done(y));
      if (attends) {
        assertEquals(Level.FAIL, only(all, "attention-collapse").level());
      } else {
        assertTrue(none(all, "attention-collapse"), all::toString);
      }
    }
  }

  @Test
  void silentChannelsThatChanceExplainsAreNotDead() {
    assertEquals(0, DeadRule.mostSilent(64, 1e-6), "P(any) = 6.4e-5");
    assertEquals(1, DeadRule.mostSilent(64, 1e-5), "P(any) = 6.4e-4");
    assertEquals(18, DeadRule.mostSilent(20, .5), "P(19 or 20) = 21/2^20, P(18 to 20) = 211/2^20");
    assertEquals(5, DeadRule.mostSilent(5, 1));
    assertEquals(0, DeadRule.mostSilent(0, .5));
  }

  @Test
  void halfPrecisionSaysTheLossScale() {
    Verdict v = only(judge(Nets.mlp(20, 0, Math.log(.1), .5)), "precision");
    assertTrue(v.doThis().matches(".*2\\^\\d+.*"), v.doThis());
  }

  @Test
  void whatHasNoLayersAndNoRuleIsDoubtful() {
    Nets n = new Nets(8).foreign("odd", "Oddity", "no rule");
    Judgement j = Judge.judge(n.done(n.input()), Thresholds.standard());
    assertEquals(Trainable.Answer.DOUBTFUL, j.trainable().answer());
    assertTrue(j.trainable().because().contains("odd (Oddity)"), j.trainable().because());
  }

  @Test
  void foreignNodesAreSaid() {
    Nets n = new Nets(8).foreign("odd", "Oddity", "no rule");
    int x = n.dense("a", n.input(), 0, 0, 0);
    assertEquals(Level.WARN, only(judge(n.done(x)), "coverage").level());
  }

  @Test
  void emptyNetworkIsNoFailure() {
    Nets n = new Nets(8);
    assertTrue(Judge.judge(n.done(n.input()), Thresholds.standard()).healthy());
  }

  @Test
  void limitsCanBeChanged() {
    Forecast f = Nets.mlp(11, Math.log(.5), 0, .5);
    Thresholds t = Thresholds.standard().with("vanishing.fail", 2.5);
    assertEquals(Level.FAIL, only(Judge.judge(f, t).verdicts(), "vanishing").level());
    assertThrows(IllegalArgumentException.class, () -> t.with("vanish", 1));
    assertThrows(IllegalArgumentException.class, () -> t.with("vanishing.fail", Double.NaN));
  }

  @Test
  void numbersReadWell() {
    assertEquals("0", Numbers.of(0));
    assertEquals("-12.3", Numbers.of(-12.34));
    assertEquals("1.00", Numbers.ofLn(0));
    assertEquals("3.16e-61", Numbers.ofLn(-60.5 * Math.log(10)));
    assertEquals("1.00e5000", Numbers.ofLn(5000 * Math.log(10)));
    assertFalse(Numbers.of(9999).contains("e"));
  }

  @Test
  void namesComeFromWeights() {
    Nets n = new Nets(8);
    int w = n.parameter("7", Role.WEIGHT, 0, new Nets.Weight(1, 0, "", false, 0));
    int x = n.node("/enc/MatMul", "MatMul", denseOp(), n.input(), w);
    n.forecast(x, 0, 0, 0);
    assertEquals(
        "enc/MatMul",
        Judge.judge(n.done(x), Thresholds.standard()).spine().points().getFirst().layer());
  }

  private static org.fanin.graph.Op denseOp() {
    return new org.fanin.graph.Op.Contract(List.of(0, 1), List.of(1, 2), List.of(0, 2), 1, 1);
  }
}
