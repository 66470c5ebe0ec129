package org.fanin.judge;

import java.util.List;

/// What the answer to "will it train" is made of. Decades (log10) throughout.
///
/// @param information log10 of the share of the angle between two inputs that reaches the last
///   hidden point (0 all of it, negative less)
/// @param level log10 of the second moment in which inputs differ, m2·(1−cos), at the last point
/// @param growth largest log10 second moment on the path
/// @param gradient log10 of the gradient at the first point relative to the last
/// @param spread standard deviation of log10 second moments from seed to seed
/// @param broken symmetric, non-finite, stuck or starved weights
/// @param points how many points the path has
record Features(
    double information,
    double level,
    double growth,
    double gradient,
    double spread,
    boolean broken,
    int points) {
  static Features of(Case c) {
    List<Point> points = c.spine.points();
    double cosIn = c.cosIn();
    double cos = lastCos(points);
    double apart = Math.max(1e-300, 1 - cos);
    double lnOut = points.isEmpty() ? 0 : points.getLast().lnM2();
    double[] profile = c.spine.gradientProfile();
    return new Features(
        Math.log10(apart / Math.max(1e-6, 1 - cosIn)),
        Numbers.decades(lnOut) + Math.log10(apart),
        Numbers.decades(points.stream().mapToDouble(Point::lnM2).max().orElse(0)),
        Numbers.decades(firstFinite(profile)),
        Numbers.decades(
            points.stream().mapToDouble(Point::spread).filter(Double::isFinite).max().orElse(0)),
        broken(c),
        points.size());
  }

  private static double lastCos(List<Point> points) {
    return points.reversed().stream()
        .mapToDouble(Point::cos)
        .filter(x -> !Double.isNaN(x))
        .findFirst()
        .orElse(0);
  }

  private static double firstFinite(double[] profile) {
    for (double p : profile) {
      if (Double.isFinite(p)) {
        return p;
      }
    }
    return 0;
  }

  private static boolean broken(Case c) {
    return !c.zeros.stuck.isEmpty()
        || !c.zeros.starved.isEmpty()
        || c.forecast.parameters().stream()
            .anyMatch(p -> p.nonFinite() > 0 || !p.symmetric().isEmpty() && p.m2() > 0);
  }
}
