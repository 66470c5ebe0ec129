package org.fanin.judge;

import java.util.List;
import java.util.Locale;

/// Whether the output still tells inputs apart: the cosine between two samples, measured from where
/// it started (images and embedded tokens are alike to begin with).
record AngleRule() implements Rule {
  @Override
  public List<Verdict> apply(Case c) {
    Point out = lastWithCos(c);
    if (out == null) {
      return List.of();
    }
    double cosIn = c.cosIn();
    double cosOut = 1 - c.angles.apart(out.node(), out.cos());
    double closed = closed(cosIn, cosOut);
    Grade g = Grade.above(c.limits, "angle-collapse", closed);
    if (g.level() == Verdict.Level.OK) {
      return List.of();
    }
    String because =
        String.format(
            Locale.ROOT,
            "two different inputs (cosine %s) reach %s with cosine %s: %s of the difference in angle is left",
            Numbers.of(cosIn),
            out.layer(),
            near1(cosOut),
            left(1 - closed));
    return List.of(
        new Verdict(
            "angle-collapse",
            g.level(),
            firstBeyond(c, cosIn, g.limit()),
            closed,
            g.limit(),
            because,
            "go closer to the edge of chaos: smaller biases, an activation with mean nearer 0,"
                + " residual branches scaled down, or batch normalisation",
            "Schoenholz et al. 2017; theory.md 3 and 9"));
  }

  /// Share of the initial angle (1 − cos) that is gone; 1 when two inputs look the same.
  static double closed(double cosIn, double cosOut) {
    return 1 - Math.max(0, 1 - cosOut) / Math.max(1 - cosIn, 1e-12);
  }

  /// The last point ahead of pooling, null if no cosine is known: averaging over positions makes
  /// noise alike, which says nothing about data.
  static Point lastWithCos(Case c) {
    Point last = null;
    for (Point p : c.spine.hidden().points()) {
      if (p.entry() == Point.Entry.RESET && last != null) {
        return last;
      }
      last = Double.isNaN(p.cos()) ? last : p;
    }
    return last;
  }

  private static String firstBeyond(Case c, double cosIn, double limit) {
    return c.spine.points().stream()
        .filter(p -> closed(cosIn, 1 - c.angles.apart(p.node(), p.cos())) >= limit)
        .findFirst()
        .map(Point::layer)
        .orElse("output");
  }

  private static String left(double share) {
    return share < 1e-15 ? "nothing" : Numbers.of(share);
  }

  private static String near1(double cos) {
    return 1 - cos < .001 && cos < 1 ? "1 − " + Numbers.of(1 - cos) : Numbers.of(cos);
  }
}
