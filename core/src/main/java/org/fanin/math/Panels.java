package org.fanin.math;

import java.util.List;
import java.util.TreeSet;

/// Quadrature nodes for E g(Z), Z ~ N(0, 1), where g(z) = φ(mean + sd·z): composite 16-point
/// Gauss–Legendre on panels split at the kinks of φ and graded towards the points where it bends.
/// Plain Gauss–Hermite fails there: 64 nodes make tanh's Eφ′² wrong by 100% at q = 100.
///
/// @param z nodes
/// @param weight probability each node stands for; they sum to 1
record Panels(double[] z, double[] weight) {
  /// Half the range: the mass beyond is 1.5e-23.
  static final double RANGE = 10;

  /// Widest panel, resolves Hermite polynomials to degree 100.
  private static final double WIDEST = 1.5;

  private static final double GROWTH = 3;
  private static final int FINE_LEVELS = 14;
  private static final int COARSE_LEVELS = 12;

  static Panels of(Fn f, double mean, double sd) {
    return of(f, mean, sd, RANGE);
  }

  /// A wider range is for functions that grow as fast as the normal density falls.
  static Panels of(Fn f, double mean, double sd, double range) {
    TreeSet<Double> cuts = new TreeSet<>();
    cuts.add(-range);
    cuts.add(range);
    if (sd > 0) {
      f.kinks().forEach(k -> cut(cuts, (k - mean) / sd, range));
      grade(cuts, f.scales(), mean, sd, range);
    }
    return fill(cuts);
  }

  private static void cut(TreeSet<Double> cuts, double z, double range) {
    if (Math.abs(z) < range) {
      cuts.add(z);
    }
  }

  private static void grade(
      TreeSet<Double> cuts, List<Double> scales, double mean, double sd, double range) {
    for (int i = 0; i < scales.size(); i++) {
      double centre = (scales.get(i) - mean) / sd;
      double first = 2 * bend(scales, i) / sd;
      if (Math.abs(centre) < range + WIDEST) {
        cut(cuts, centre, range);
        double growth = GROWTH;
        int level = 0;
        for (double d = first; d < WIDEST; d *= growth) {
          cut(cuts, centre - d, range);
          cut(cuts, centre + d, range);
          if (++level == FINE_LEVELS) {
            growth = Math.max(GROWTH, StrictMath.pow(WIDEST / d, 1.0 / COARSE_LEVELS));
          }
        }
      }
    }
  }

  /// The scale on which φ bends at the i-th mark.
  private static double bend(List<Double> scales, int i) {
    double at = scales.get(i);
    double width = 1;
    if (i > 0 && scales.get(i - 1) < at) {
      width = Math.min(width, at - scales.get(i - 1));
    }
    if (i + 1 < scales.size() && scales.get(i + 1) > at) {
      width = Math.min(width, scales.get(i + 1) - at);
    }
    return width;
  }

  private static Panels fill(TreeSet<Double> cuts) {
    double[] c = cuts.stream().mapToDouble(Double::doubleValue).toArray();
    int panels = 0;
    for (int i = 1; i < c.length; i++) {
      panels += parts(c[i] - c[i - 1]);
    }
    int n = GaussLegendre.NODES.length;
    Panels p = new Panels(new double[panels * n], new double[panels * n]);
    int at = 0;
    double total = 0;
    for (int i = 1; i < c.length; i++) {
      int parts = parts(c[i] - c[i - 1]);
      double half = 0.5 * (c[i] - c[i - 1]) / parts;
      for (int k = 0; k < parts; k++) {
        for (int j = 0; j < n; j++, at++) {
          p.z[at] = c[i - 1] + half * (2 * k + 1 + GaussLegendre.NODES[j]);
          p.weight[at] = half * GaussLegendre.WEIGHTS[j] * Normal.pdf(p.z[at]);
          total += p.weight[at];
        }
      }
    }
    for (int i = 0; i < at; i++) {
      p.weight[i] /= total;
    }
    return p;
  }

  private static int parts(double length) {
    return (int) Math.ceil(length / WIDEST * 0.999);
  }

  int size() {
    return z.length;
  }
}
