package org.fanin.solve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.fanin.graph.Graph;
import org.fanin.judge.Trainable.Answer;
import org.fanin.plan.InitPlan;
import org.fanin.plan.TensorPlan;
import org.fanin.predict.Forecast.Forward;
import org.fanin.predict.PredictSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// That `auto` leaves no network less level than it was.
class ObjectiveTest {
  private static Solution solve(Graph g, Target target) {
    return Auto.solve(g, target, 0, PredictSettings.defaults());
  }

  private static void noWorse(Solution s, Target target) {
    Objective before = Objective.of(s.before(), target);
    Objective after = Objective.of(s.after(), target);
    assertTrue(after.noWorseThan(before), before + " → " + after);
  }

  private static double lnM2(Solution s, boolean after, String value) {
    var f = after ? s.after() : s.before();
    return f.tensors().stream()
        .filter(t -> f.graph().value(t.value()).name().equals(value))
        .map(t -> ((Forward.Known) t.forward()).lnM2Typical())
        .findFirst()
        .orElseThrow();
  }

  @Test
  void factorOfTwoIsLevelAndTheAnswerComesFirst() {
    Objective level = new Objective(.3, .1, Answer.YES, Target.BOTH);
    Objective steep = new Objective(.3, 1.3010299956639813, Answer.YES, Target.BOTH);
    assertEquals(0, level.decades());
    assertEquals(1, steep.decades(), 1e-12);
    assertEquals(0, new Objective(.3, 1.3, Answer.YES, Target.FORWARD).decades());
    assertEquals(1, new Objective(.3, 1.3, Answer.YES, Target.BACKWARD).decades(), .01);
    assertTrue(level.noWorseThan(steep) && !steep.noWorseThan(level));
    assertTrue(steep.noWorseThan(new Objective(0, 0, Answer.DOUBTFUL, Target.BOTH)));
    assertTrue(!new Objective(0, 0, Answer.NO, Target.BOTH).noWorseThan(steep));
  }

  // ---- residual streams ----

  private static Build stream(int blocks, double end, String last) {
    Build b = new Build();
    String x = b.scaled("stem", b.input("x", 64), 64, 64, 1 / 8.0);
    for (int i = 0; i < blocks; i++) {
      String h = b.scaled("a" + i, b.node("r" + i, "Relu", x), 64, 64, Math.sqrt(2) / 8);
      h = b.scaled("b" + i, b.node("s" + i, "Relu", h), 64, 64, end / 8);
      h = last.isEmpty() ? h : b.node("l" + i, last, h);
      x = b.node("x" + i, "Add", x, h);
    }
    b.dense("head", x, 64, 10);
    return b;
  }

  /// 12 branches of half the stream times `end²`: those between a sixty-fourth and the whole of it
  /// keep what they add, larger and smaller ones are set to the whole.
  @ParameterizedTest
  @CsvSource({".2, true", ".1, true", ".001, false", "2, false"})
  void streamThatGrowsLittleKeepsItsGrowth(double end, boolean kept) {
    Solution s = solve(stream(12, end, "").graph("head"), Target.BOTH);
    double before = lnM2(s, false, "x11") - lnM2(s, false, "stem");
    double after = lnM2(s, true, "x11") - lnM2(s, true, "stem");
    double wanted = kept ? before : Math.log(2);
    assertEquals(wanted, after, .1 * wanted + .02);
    noWorse(s, Target.BOTH);
  }

  /// A sigmoid adds ¼ to its stream whatever its weights, and more when they are large: as in the
  /// shared trainability set's net035, which solved alone would grow by a decade.
  @ParameterizedTest
  @EnumSource(Target.class)
  void branchesThatCannotBeScaledAreNotMadeWorse(Target target) {
    noWorse(solve(stream(12, .3, "Sigmoid").graph("head"), target), target);
  }

  // ---- paths of different lengths ----

  /// A U-Net in small: batch-normalised layers on the long path, joined with what came before them.
  private static Build joined(double up) {
    Build b = new Build();
    String skip =
        b.node("s", "Relu", b.batchNorm("n0", b.dense("d0", b.input("x", 64), 64, 64), 64));
    String x = skip;
    for (int i = 1; i <= 12; i++) {
      x = b.node("s" + i, "Relu", b.batchNorm("n" + i, b.dense("d" + i, x, 64, 64), 64));
    }
    x = b.scaled("up", x, 64, 64, up);
    x =
        b.node(
            "both",
            "Concat",
            java.util.Map.of("axis", new org.fanin.model.RawModel.Attr.Int(1)),
            skip,
            x);
    x = b.node("t", "Relu", b.batchNorm("m", b.dense("e", x, 128, 64), 64));
    b.dense("head", x, 64, 4);
    return b;
  }

  @Test
  void partsOfAConcatenationAreEqual() {
    Solution s = solve(joined(1).graph("head"), Target.BOTH);
    assertEquals(lnM2(s, true, "s"), lnM2(s, true, "up"), .05);
    assertEquals(1, s.step());
  }

  @Test
  void longPathThatWasQuietIsNotMadeLoud() {
    Solution s = solve(joined(.01).graph("head"), Target.BOTH);
    noWorse(s, Target.BOTH);
    assertTrue(s.step() < 1, "step " + s.step());
    InitPlan p = s.plan();
    TensorPlan up =
        p.tensors().stream().filter(t -> t.name().equals("up.weight")).findFirst().orElseThrow();
    assertTrue(up.because().contains("the file's 9.77e-05"), up.because());
  }
}
