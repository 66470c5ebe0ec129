package org.fanin.plan;

/// Tailored activation transformation for leaky ReLU: the slope at which a plain network of given
/// depth maps orthogonal inputs to the cosine η (Zhang et al. 2022, §4.1).
final class Tat {
  static final double USUAL = 0.9;

  private Tat() {}

  /// @param depth nonlinear layers
  /// @param eta cosine after the last layer for inputs of cosine 0
  /// @return slope below 0, in [0, 1): 0 (plain ReLU) where even that stays below η
  /// @throws IllegalArgumentException unless depth ≥ 1 and 0 < η < 1
  static double slope(int depth, double eta) {
    if (depth < 1 || depth > 100_000 || !(eta > 0 && eta < 1)) {
      throw new IllegalArgumentException(
          "tat(depth, η): depth ≥ 1 and 0 < η < 1 are wanted, found " + depth + ", " + eta);
    }
    if (cosine(depth, 0) <= eta) {
      return 0;
    }
    double low = 0;
    double high = 1;
    for (int i = 0; i < 60; i++) {
      double mid = 0.5 * (low + high);
      if (cosine(depth, mid) > eta) {
        low = mid;
      } else {
        high = mid;
      }
    }
    return 0.5 * (low + high);
  }

  /// Cosine after `depth` layers of leaky ReLU, from cosine 0 (Cho & Saul 2009, order 1).
  static double cosine(int depth, double slope) {
    double c = 0;
    double mix = (1 - slope) * (1 - slope) / (Math.PI * (1 + slope * slope));
    for (int l = 0; l < depth; l++) {
      double b = Math.min(1, c);
      c = b + mix * (Math.sqrt(Math.max(0, 1 - b * b)) - b * StrictMath.acos(b));
    }
    return c;
  }
}
