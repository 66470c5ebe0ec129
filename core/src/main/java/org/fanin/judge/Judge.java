package org.fanin.judge;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.fanin.compare.Comparison;
import org.fanin.graph.Export;
import org.fanin.judge.Verdict.Level;
import org.fanin.predict.Forecast;

/// Holds a forecast, and a measurement where there is one, against the verdict table.
public final class Judge {
  private Judge() {}

  /// Applies every rule; worst findings first, rules of equal level in the order of the table. A
  /// healthy network gets one OK line that says how healthy.
  public static Judgement judge(Forecast forecast, Thresholds limits) {
    Case c = new Case(forecast, limits);
    List<Verdict> found = new ArrayList<>();
    Export export = forecast.graph().export();
    Rule.all()
        .forEach(
            r -> r.apply(c).stream().map(v -> ExportRule.softened(v, export)).forEach(found::add));
    if (found.stream().noneMatch(Judge::isBad)) {
      found.add(healthy(c));
    }
    found.sort(Comparator.comparingInt(v -> order(v.level())));
    Trainable t = ExportRule.softened(TrainableModel.decide(c), export);
    return new Judgement(found, t, c.spine, limits, c.zeros.openings, c.loss);
  }

  /// The same judgement with what only a measurement tells: values that are not finite, dead and
  /// saturated units, and where the forecast is contradicted. They count as verdicts do, and the
  /// measurement overrules `trainable`: it is no where values are not finite, and doubtful where
  /// what the score was made of was measured otherwise, unless what was measured says no too.
  ///
  /// @param before of the forecast that was measured
  public static Judgement measured(Judgement before, Forecast forecast, Comparison measured) {
    Evidence e = new Evidence(forecast, measured, before.limits());
    List<Verdict> found = new ArrayList<>();
    MeasuredRule.all().forEach(r -> found.addAll(r.apply(e)));
    List<Contradiction> off = Contradictions.of(before.spine(), e);
    if (found.isEmpty() && off.isEmpty()) {
      return before;
    }
    List<Verdict> all = new ArrayList<>(before.verdicts());
    all.removeIf(v -> v.level() == Level.OK);
    if (found.stream().anyMatch(v -> v.rule().equals(NonFiniteRule.NAME))) {
      all.removeIf(v -> v.rule().equals(NonFiniteRule.NAME));
    }
    if (!off.isEmpty()) {
      all.addFirst(Contradictions.verdict(off, e));
    }
    all.addAll(found);
    all.sort(Comparator.comparingInt(v -> order(v.level())));
    Trainable t = TrainableModel.overruled(before.trainable(), found, off, e);
    return new Judgement(all, t, before.spine(), before.limits(), before.openings(), before.loss());
  }

  static boolean isBad(Verdict v) {
    return v.level() == Level.FAIL || v.level() == Level.WARN;
  }

  static int order(Level level) {
    return switch (level) {
      case FAIL -> 0;
      case WARN -> 1;
      case OK -> 2;
      case BY_DESIGN -> 3;
      case NOTE -> 4;
    };
  }

  private static Verdict healthy(Case c) {
    List<Point> points = c.spine.points();
    String because =
        points.isEmpty()
            ? "no weight layer lies between an input and an output"
            : (even(points)
                    ? "signal and gradient keep their scale over "
                    : "no limit is passed over ")
                + points.size()
                + (points.size() == 1 ? " layer: second moment " : " layers: second moment ")
                + range(points.stream().mapToDouble(Point::lnM2).toArray())
                + ", gradient "
                + range(points.stream().mapToDouble(Point::lnG).toArray());
    return new Verdict(
        "signal-level",
        Level.OK,
        points.isEmpty() ? "graph" : points.getLast().layer(),
        Double.NaN,
        Double.NaN,
        because,
        "nothing",
        "theory.md 10");
  }

  /// Whether second moments stay within a decade from end to end.
  private static boolean even(List<Point> points) {
    return decades(points.stream().mapToDouble(Point::lnM2)) < 1
        && decades(points.stream().mapToDouble(Point::lnG)) < 1;
  }

  private static double decades(java.util.stream.DoubleStream ln) {
    var all = ln.filter(Double::isFinite).summaryStatistics();
    return all.getCount() == 0 ? 0 : Numbers.decades(all.getMax() - all.getMin());
  }

  private static String range(double[] ln) {
    double[] known = java.util.Arrays.stream(ln).filter(Double::isFinite).sorted().toArray();
    return known.length == 0
        ? "none"
        : Numbers.ofLn(known[0]) + " to " + Numbers.ofLn(known[known.length - 1]);
  }
}
