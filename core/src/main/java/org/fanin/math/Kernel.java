package org.fanin.math;

/// Two-input expectations of φ at one mean and deviation, as functions of the correlation ρ of the
/// two inputs.
interface Kernel {
  /// E φ(u)φ(v)
  double at(double rho);

  /// E φ′(u)φ′(v)
  double slopeAt(double rho);

  /// 1 − K(1 − e)/K(1) without cancellation for small e.
  double complement(double e);

  /// [#complement] for continuous φ from dK/dρ = sd²·K′(ρ), integrated in √ so that the √e
  /// behaviour at kinks is smooth.
  static double complement(Kernel k, double sd, double e) {
    double ef2 = k.at(1);
    if (e > 0.5) {
      return 1 - k.at(1 - e) / ef2;
    }
    double sum = 0;
    for (int i = 0; i < GaussLegendre.NODES.length; i++) {
      double x = 0.5 * (1 + GaussLegendre.NODES[i]);
      sum += GaussLegendre.WEIGHTS[i] * x * k.slopeAt(1 - e * x * x);
    }
    return Math.max(0, sum * e * sd / ef2 * sd);
  }
}
