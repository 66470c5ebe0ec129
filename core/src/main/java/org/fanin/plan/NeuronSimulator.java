package org.fanin.plan;

import org.fanin.math.Addressed;
import org.fanin.math.Fn;

/// Draws single neurons.
final class NeuronSimulator {
  /// Random numbers per estimate.
  private static final int BUDGET = 2_000_000;

  private static final int MOST_DRAWS = 100_000;

  private final long seed;

  NeuronSimulator(long seed) {
    this.seed = seed;
  }

  private interface Draw {
    double at(long index);
  }

  /// E (Σ wᵢφ(uᵢ))² for u, w normal, w of the given variance.
  Derivation.Simulated sum(int terms, double variance, Fn f, long stream) {
    double sigma = Math.sqrt(variance);
    return square(
        draws(terms),
        k -> {
          double z = 0;
          for (int i = 0; i < terms; i++) {
            long address = k * terms + i;
            z +=
                sigma
                    * Addressed.normal(seed, stream, address)
                    * f.at(Addressed.normal(seed, ~stream, address));
          }
          return z;
        });
  }

  /// E (φ′(u)·Σ wⱼgⱼ)²: the gradient that one unit collects.
  Derivation.Simulated back(int terms, double variance, Fn f, long stream) {
    double sigma = Math.sqrt(variance);
    return square(
        draws(terms),
        k -> {
          double g = 0;
          for (int i = 0; i < terms; i++) {
            long address = k * terms + i;
            g +=
                sigma
                    * Addressed.normal(seed, stream, address)
                    * Addressed.normal(seed, ~stream, address);
          }
          return g * f.slopeAt(Addressed.normal(seed, stream + 1, k));
        });
  }

  /// E φ(u)².
  Derivation.Simulated activation(Fn f, long stream) {
    return square(MOST_DRAWS, k -> f.at(Addressed.normal(seed, stream, k)));
  }

  /// Var φ(u), taken about the exact mean.
  Derivation.Simulated variance(Fn f, double mean, long stream) {
    return square(MOST_DRAWS, k -> f.at(Addressed.normal(seed, stream, k)) - mean);
  }

  private static int draws(int terms) {
    return Math.clamp(BUDGET / 2 / terms, 200, MOST_DRAWS);
  }

  private static Derivation.Simulated square(int draws, Draw draw) {
    double m2 = 0;
    double m4 = 0;
    for (int k = 0; k < draws; k++) {
      double q = draw.at(k);
      m2 += q * q;
      m4 += q * q * q * q;
    }
    m2 /= draws;
    m4 /= draws;
    return new Derivation.Simulated(m2, Math.sqrt(Math.max(0, m4 - m2 * m2) / (draws - 1)));
  }
}
