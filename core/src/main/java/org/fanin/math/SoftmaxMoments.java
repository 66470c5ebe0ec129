package org.fanin.math;

import java.util.concurrent.ConcurrentHashMap;

/// Moments of softmax weights a over T keys whose logits are independent N(0, s²) (a part common to
/// all keys drops out).
///
/// Not the small-s expansion e^{s²}/T nor Monte Carlo but the integral 1/Zⁿ =
/// ∫λ^{n−1}e^{−λZ}dλ/Γ(n): the keys become independent under it, so every moment is one integral
/// over y = ln λ of log-normal Laplace transforms. Error below 1e-7 relative for T ≥ 1 (whole or
/// not), s ≤ [#LARGEST_S]; beyond, 1 − I falls as 1/s, as in the random-energy model. Two
/// correlated softmaxes are a double integral, error below 1e-4 relative or 1e-5 absolute; for s >
/// 40 they are taken at 40 (0.5% off as s → ∞). Results are cached; safe to share.
public final class SoftmaxMoments {
  /// Beyond this s the 1/s law of [#concentration] is exact to 0.5%.
  public static final double LARGEST_S = 60;

  /// Beyond, the two terms of [#entropy] cancel to less than their errors; its 1/s law is good
  /// there.
  private static final double LARGEST_ENTROPY_S = 30;

  /// Below, [#entropy] is a series: networks have such logits at initialisation, often.
  private static final double SMALL_S = 0.1;

  /// Width in s over which t·(1 − I(T, t)) is smooth.
  private static final double PANEL = 4;

  private static final int CACHE = 20_000;
  private static final ConcurrentHashMap<Key, Double> SINGLE = new ConcurrentHashMap<>();
  private static final ConcurrentHashMap<Key, Double> PAIRS = new ConcurrentHashMap<>();

  private record Key(String what, double t, double s, double rho) {}

  private SoftmaxMoments() {}

  private static double cached(
      ConcurrentHashMap<Key, Double> cache, Key key, java.util.function.DoubleSupplier compute) {
    Double known = cache.get(key);
    if (known == null) {
      known = compute.getAsDouble();
      if (cache.size() < CACHE) {
        cache.put(key, known);
      }
    }
    return known;
  }

  /// E ln Σ_j e^{s·z_j} for T independent standard normals z: the cross-entropy of a softmax whose
  /// logits know nothing of the label. ln T + s²/2 while s ≪ √(2 ln T), s·E max z beyond.
  ///
  /// d/ds is s·(1 − I(T, s)) by Stein's lemma, which is integrated by Gauss–Legendre: error below
  /// 1e-6.
  ///
  /// @param keys T ≥ 1
  /// @param s standard deviation of the logits, ≥ 0
  public static double logSum(double keys, double s) {
    check(keys, s, 0);
    double inside = Math.min(s, LARGEST_S);
    double sum = Math.log(keys) + (s - inside) * LARGEST_S * (1 - concentration(keys, inside));
    int panels = (int) Math.ceil(inside / PANEL);
    for (int i = 0; i < panels; i++) {
      double from = inside * i / panels;
      double to = inside * (i + 1) / panels;
      for (int j = 0; j < GaussLegendre.NODES.length; j++) {
        double t = from + 0.5 * (to - from) * (1 + GaussLegendre.NODES[j]);
        sum += 0.5 * (to - from) * GaussLegendre.WEIGHTS[j] * t * (1 - concentration(keys, t));
      }
    }
    return sum;
  }

  /// I = E Σ_j a_j²: 1/T at s = 0, e^{s²}/T while s ≪ √(2 ln T), 1 for s → ∞.
  ///
  /// @param keys T ≥ 1
  /// @param s standard deviation of the logits between keys, ≥ 0
  public static double concentration(double keys, double s) {
    check(keys, s, 0);
    if (keys == 1) {
      return 1;
    }
    if (s > LARGEST_S) {
      return 1 - (1 - concentration(keys, LARGEST_S)) * LARGEST_S / s;
    }
    return cached(
        SINGLE, new Key("I", keys, s, 1), () -> new SoftmaxIntegral(keys, s).concentration());
  }

  /// (1/T)Σ_{t=1}^T I_t: the average over the queries of a causal mask.
  public static double causalConcentration(int keys, double s) {
    check(keys, s, 0);
    if (s > LARGEST_S) {
      return 1 - (1 - causalConcentration(keys, LARGEST_S)) * LARGEST_S / s;
    }
    return cached(
        SINGLE,
        new Key("causal I", keys, s, 1),
        () -> new SoftmaxIntegral(keys, s).causalConcentration());
  }

  /// E‖∂a/∂x‖²_F = E[Σa² − 2Σa³ + (Σa²)²]: what a unit gradient on the weights brings to the
  /// logits, summed over keys.
  public static double jacobianM2(double keys, double s) {
    check(keys, s, 0);
    if (keys == 1) {
      return 0;
    }
    if (s > LARGEST_S) {
      return jacobianM2(keys, LARGEST_S) * LARGEST_S / s;
    }
    return cached(
        SINGLE, new Key("J", keys, s, 1), () -> new SoftmaxIntegral(keys, s).jacobianM2());
  }

  /// E Σ_j a_j a′_j for two softmaxes over the same keys whose logits have correlation ρ key by
  /// key: 1/T at ρ = 0, [#concentration] at ρ = 1. Increasing in ρ.
  public static double pairConcentration(double keys, double s, double rho) {
    check(keys, s, rho);
    if (rho == 1 || keys == 1) {
      return concentration(keys, s);
    }
    if (rho == 0 || s == 0) {
      return 1 / keys;
    }
    double near = Math.min(s, PairIntegral.LARGEST_S);
    return cached(
        PAIRS,
        new Key("pair", keys, near, rho),
        () -> new PairIntegral(near, rho).concentration(keys));
  }

  /// (1/T)Σ_{t=1}^T of [#pairConcentration] at t keys.
  public static double causalPairConcentration(int keys, double s, double rho) {
    check(keys, s, rho);
    if (rho == 1 || keys == 1) {
      return causalConcentration(keys, s);
    }
    if (rho == 0 || s == 0) {
      return Sums.harmonic(keys) / keys;
    }
    double near = Math.min(s, PairIntegral.LARGEST_S);
    return cached(
        PAIRS,
        new Key("causal pair", keys, near, rho),
        () -> new PairIntegral(near, rho).causal(keys));
  }

  /// Law of ln Σ_j e^{x_j}.
  public record LogSum(double mean, double variance) {}

  /// U = ln E − ln Z with E ~ Exp(1) has P(U > y) = B(y)^T, so ln Z has the moments of U less those
  /// of ln E (mean −γ, variance π²/6). Absolute error below 1e-7.
  public static LogSum logSumExp(double keys, double s) {
    check(keys, s, 0);
    return new SoftmaxIntegral(keys, s).logSumExp();
  }

  /// E H, the entropy −Σ a ln a of the weights in nats: ln T at s = 0, ln T − s²/2 while s ≪ √(2 ln
  /// T), falling as 1/s at last. H = ln Z − Σ a x, and E Σ a x = s²(1 − I) by Stein's lemma.
  /// Absolute error below 1e-6·max(1, s²).
  public static double entropy(double keys, double s) {
    check(keys, s, 0);
    if (keys == 1) {
      return 0;
    }
    if (s < SMALL_S) {
      // To second order E Σa² = 1/T + (1 − 1/T)s²/T; the next term is of order s⁶/T.
      double rest = 1 - 1 / keys;
      return Math.log(keys) - s * s * rest / 2 + 0.75 * s * s * s * s * rest / keys;
    }
    if (s > LARGEST_ENTROPY_S) {
      return entropy(keys, LARGEST_ENTROPY_S) * LARGEST_ENTROPY_S / s;
    }
    return cached(
        SINGLE,
        new Key("H", keys, s, 1),
        () -> {
          double h = logSumExp(keys, s).mean() - s * s * (1 - concentration(keys, s));
          return Math.clamp(h, 0, Math.log(keys));
        });
  }

  /// E (log-softmax)² per element: s² − 2s²/T + Var ln Z + (E ln Z)².
  public static double logSoftmaxM2(double keys, double s) {
    LogSum z = logSumExp(keys, s);
    return Math.max(0, s * s * (1 - 2 / keys) + z.variance() + z.mean() * z.mean());
  }

  private static void check(double keys, double s, double rho) {
    if (!(keys >= 1 && keys < 1e12)
        || !(s >= 0 && s < Double.POSITIVE_INFINITY)
        || !(Math.abs(rho) <= 1)) {
      throw new IllegalArgumentException(
          "softmax wants keys ≥ 1, s ≥ 0 and |ρ| ≤ 1, found " + keys + ", " + s + ", " + rho);
    }
  }
}
