package org.fanin.predict;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/// A function of a tensor whose second moment differs along an atom, q_i = q·p_i: the result has
/// f_i = f(q·p_i) there, and on average not f(q) but their mean. One token 10 times smaller than
/// sixteen others makes all there is of 1/σ⁴.
final class ProfileLevels {
  /// More different entries than this are interpolated in ln p.
  private static final int NODES = 6;

  /// Entries of 0 (padding) are taken for this much less than the mean.
  private static final double LEAST = 1e-12;

  private ProfileLevels() {}

  /// @param result moments at the mean second moment of `root`, on its atoms
  /// @param ln ln f as a function of ln p, scalar
  static Field applied(Field root, Field result, DoubleUnaryOperator ln) {
    Field r = result.isProfiled() ? result.withProfiles(new double[root.size()][]) : result;
    double at = ln.applyAsDouble(0);
    for (int a = 0; a < root.size(); a++) {
      if (root.profiles[a] != null) {
        double[] f = levels(root.profiles[a], ln, at);
        r = f == null ? r : Fields.weighted(r, a, f);
      }
    }
    return r;
  }

  /// f_i/f(q), or null where the function is not finite.
  private static double[] levels(double[] p, DoubleUnaryOperator ln, double at) {
    double[] x = new double[p.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = Math.log(Math.max(LEAST, p[i]));
    }
    double[] nodes = Arrays.stream(x).distinct().sorted().limit(NODES + 1).toArray();
    if (nodes.length > NODES) {
      nodes = between(Arrays.stream(x).min().orElse(0), Arrays.stream(x).max().orElse(0));
    }
    double[] y = Arrays.stream(nodes).map(ln).toArray();
    for (double v : y) {
      if (!Double.isFinite(v)) {
        return null;
      }
    }
    double[] f = new double[x.length];
    for (int i = 0; i < f.length; i++) {
      f[i] = Math.exp(Math.clamp(interpolated(nodes, y, x[i]) - at, -600, 600));
    }
    return f;
  }

  private static double[] between(double least, double most) {
    double[] nodes = new double[NODES];
    for (int i = 0; i < NODES; i++) {
      nodes[i] = least + (most - least) * i / (NODES - 1);
    }
    return nodes;
  }

  private static double interpolated(double[] nodes, double[] y, double x) {
    int i = 1;
    while (i < nodes.length - 1 && nodes[i] < x) {
      i++;
    }
    if (nodes.length == 1 || nodes[i] == nodes[i - 1]) {
      return y[0];
    }
    double w = (x - nodes[i - 1]) / (nodes[i] - nodes[i - 1]);
    return (1 - w) * y[i - 1] + w * y[i];
  }
}
