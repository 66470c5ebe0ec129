package org.fanin.judge;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.fanin.judge.Verdict.Level;
import org.fanin.predict.Forecast;

/// Holds a forecast against the verdict table.
public final class Judge {
  private Judge() {}

  /// Applies every rule; worst findings first, rules of equal level in the order of the table. A
  /// healthy network gets one OK line that says how healthy.
  public static Judgement judge(Forecast forecast, Thresholds limits) {
    Case c = new Case(forecast, limits);
    List<Verdict> found = new ArrayList<>();
    Rule.all().forEach(r -> found.addAll(r.apply(c)));
    if (found.stream().noneMatch(v -> v.level() == Level.FAIL || v.level() == Level.WARN)) {
      found.add(healthy(c));
    }
    found.sort(Comparator.comparingInt(v -> order(v.level())));
    return new Judgement(found, TrainableModel.decide(c), c.spine);
  }

  private static int order(Level level) {
    return switch (level) {
      case FAIL -> 0;
      case WARN -> 1;
      case OK -> 2;
      case BY_DESIGN -> 3;
    };
  }

  private static Verdict healthy(Case c) {
    List<Point> points = c.spine.points();
    String because =
        points.isEmpty()
            ? "no weight layer lies between an input and an output"
            : "signal and gradient keep their scale over "
                + points.size()
                + " layers: second moment "
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

  private static String range(double[] ln) {
    double[] known = java.util.Arrays.stream(ln).filter(Double::isFinite).sorted().toArray();
    return known.length == 0
        ? "none yet"
        : Numbers.ofLn(known[0]) + " to " + Numbers.ofLn(known[known.length - 1]);
  }
}
