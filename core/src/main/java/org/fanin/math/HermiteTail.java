package org.fanin.math;

/// What the terms beyond the last computed Hermite coefficient add: aₙ² ∝ n^{−p}·e^{−n/m},
/// discretised into blocks of n. A jump of φ gives p = 3/2, a kink 5/2; m is the order at which a
/// function that only looks kinked at this deviation turns smooth.
///
/// @param order centroid of each block
/// @param mass Σ aₙ² of each block
/// @param even share of the mass on even orders
record HermiteTail(double[] order, double[] mass, double even) {
  private static final double RATIO = 1.25;
  private static final int BLOCKS = 100;
  static final HermiteTail NONE = new HermiteTail(new double[0], new double[0], 1);

  /// @param n last computed order
  /// @param mass Σ_{k>n} aₖ²
  /// @param slope Σ_{k>n} k·aₖ², or ∞ when φ jumps
  /// @param power first guess of p
  static HermiteTail of(int n, double mass, double slope, double power, double even) {
    double wanted = slope / mass;
    double p = power;
    double m = Double.POSITIVE_INFINITY;
    if (wanted < Double.POSITIVE_INFINITY) {
      wanted = Math.max(wanted, 1.05 * (n + 1));
      if (centroid(n, p, m) < wanted) {
        p = bisect(n, wanted, true, p);
      } else {
        m = bisect(n, wanted, false, p);
      }
    }
    double[] order = new double[BLOCKS];
    double[] share = new double[BLOCKS];
    double total = blocks(n, p, m, order, share);
    for (int i = 0; i < BLOCKS; i++) {
      share[i] *= mass / total;
    }
    return new HermiteTail(order, share, even);
  }

  /// Solves centroid = wanted for the power (down from `power`) or the cut-off m.
  private static double bisect(int n, double wanted, boolean forPower, double power) {
    double lo = forPower ? power : StrictMath.log(n / 40.0);
    double hi = forPower ? 1.01 : 60;
    for (int i = 0; i < 36; i++) {
      double mid = 0.5 * (lo + hi);
      double c =
          forPower
              ? centroid(n, mid, Double.POSITIVE_INFINITY)
              : centroid(n, power, StrictMath.exp(mid));
      if (c < wanted) {
        lo = mid;
      } else {
        hi = mid;
      }
    }
    return forPower ? 0.5 * (lo + hi) : StrictMath.exp(0.5 * (lo + hi));
  }

  private static double centroid(int n, double p, double m) {
    double[] order = new double[BLOCKS];
    double[] share = new double[BLOCKS];
    double total = blocks(n, p, m, order, share);
    double sum = 0;
    for (int i = 0; i < BLOCKS; i++) {
      sum += share[i] * order[i];
    }
    return sum / total;
  }

  private static double blocks(int n, double p, double m, double[] order, double[] share) {
    double from = 1;
    double total = 0;
    double each = integral(1, RATIO, -p);
    double centre = integral(1, RATIO, 1 - p) / each;
    double weight = each;
    double decay = StrictMath.pow(RATIO, 1 - p);
    for (int i = 0; i < BLOCKS; i++) {
      order[i] = from * centre * (n + 0.5);
      double cut = (order[i] - n) / m;
      share[i] = cut < 1e-9 ? weight : cut > 50 ? 0 : weight * StrictMath.exp(-cut);
      total += share[i];
      weight *= decay;
      from *= RATIO;
    }
    return total;
  }

  /// ∫ x^e dx
  private static double integral(double from, double to, double e) {
    return Math.abs(e + 1) < 1e-9
        ? StrictMath.log(to / from)
        : (StrictMath.pow(to, e + 1) - StrictMath.pow(from, e + 1)) / (e + 1);
  }

  /// Σ aₙ²ρⁿ
  double at(double rho) {
    return sum(rho, 0);
  }

  /// Σ n·aₙ²ρⁿ⁻¹
  double slopeAt(double rho) {
    return sum(rho, 1);
  }

  private double sum(double rho, int derivative) {
    if (mass.length == 0 || rho == 0) {
      return 0;
    }
    double ln = StrictMath.log(Math.abs(rho));
    double parity = rho > 0 ? 1 : derivative == 0 ? 2 * even - 1 : 1 - 2 * even;
    double sum = 0;
    for (int i = 0; i < mass.length && -order[i] * ln < 50; i++) {
      double power = StrictMath.exp((order[i] - derivative) * ln);
      sum += mass[i] * power * (derivative == 0 ? 1 : order[i]);
    }
    return parity * sum;
  }

  /// Σ aₙ²(1 − (1 − e)ⁿ)
  double complement(double e) {
    double ln = StrictMath.log1p(-e);
    double sum = 0;
    for (int i = 0; i < mass.length; i++) {
      sum -= mass[i] * StrictMath.expm1(order[i] * ln);
    }
    return sum;
  }
}
