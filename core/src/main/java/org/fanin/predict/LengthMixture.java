package org.fanin.predict;

import org.fanin.math.Fn;
import org.fanin.math.Normal;
import org.fanin.predict.PointwiseMoments.Scaled;

/// An activation over places of unequal length. Given all before, the elements of one place are
/// Gaussian with the place's own variance q·e^δ, so over all places they are a scale mixture:
///
///     E φ² = Σ_j w_j·E φ²(√(q·e^δ_j)·z),  δ ~ N(−V/2, V), E e^δ = 1
///
/// (five-point Gauss–Hermite over δ, midpoint rule over z), and ln of a place's new length varies
/// with V′ = ln(1 + Var_j E φ²_j/(E φ²)²). Backward a place whose gradient is e^(λ·δ′) times the
/// typical one counts that much more:
///
///     E φ′²g²/E g² = Σ_j w_j·e^(λδ′_j)·E φ′²_j / Σ_j w_j·e^(λδ′_j).
///
/// Two terms of order 1/n beside, with B = E φ²φ′²/(E φ²·E φ′²): within a sample φ² and φ′² covary,
/// λ·(B − 1)/n; and a change t of the root along the root itself, t² = ρ²u²/q + 1 − ρ², finds
/// E φ′²t² = E φ′²·(1 + 2ε·ρ²), ε = d ln E φ′²/d ln q. From any direction ρ² becomes B/n behind φ
/// and lasts from layer to layer by A = (d ln E φ²/d ln q)²·E φ²/(q·E φ′²), so that the gradient
/// has 2B·s/n more, s = ε + A·s of the layer behind.
final class LengthMixture {
  /// Gauss–Hermite for N(0,1).
  private static final double[] X = {
    -2.8569700138728056, -1.3556261799742659, 0, 1.3556261799742659, 2.8569700138728056
  };

  private static final double[] W = {
    0.011257411327720691, 0.22207592200561266, 8 / 15.0, 0.22207592200561266, 0.011257411327720691
  };

  /// Slopes are taken over at least this variance of ln q.
  private static final double LEAST = 1e-2;

  /// Below this a mixture is one Gaussian.
  private static final double NEGLIGIBLE = 1e-5;

  private static final double MOST = 4;

  private static final int NODES = 64;
  private static final double REACH = 6.4;
  private static final double[] Z = new double[NODES];
  private static final double[] P = new double[NODES];

  static {
    double step = 2 * REACH / NODES;
    for (int i = 0; i < NODES; i++) {
      Z[i] = -REACH + (i + 0.5) * step;
      P[i] = Normal.pdf(Z[i]) * step;
    }
  }

  private static final LengthMixture SAME = new LengthMixture(1, 1, Lengths.NONE);

  /// E φ² over E φ² of one Gaussian, and the same of E φ.
  final double square;

  final double mean;
  final Lengths lengths;

  private LengthMixture(double square, double mean, Lengths lengths) {
    this.square = square;
    this.mean = mean;
    this.lengths = lengths;
  }

  /// The five places, and with them what one typical place has.
  private static final class Places {
    final double v;
    final double[] delta = new double[5];
    final double[] w = new double[5];

    Places(double v) {
      this.v = v;
      double unit = 0;
      for (int j = 0; j < 5; j++) {
        delta[j] = Math.sqrt(v) * X[j];
        w[j] = W[j];
        unit += W[j] * Math.exp(delta[j]);
      }
      for (int j = 0; j < 5; j++) {
        delta[j] -= Math.log(unit);
      }
    }

    double mean(double[] f) {
      double s = 0;
      for (int j = 0; j < 5; j++) {
        s += w[j] * f[j];
      }
      return s;
    }

    /// Slope of ln f over δ, by how f and δ vary together.
    double slope(double[] f) {
      double middle = mean(delta);
      double s = 0;
      for (int j = 0; j < 5; j++) {
        s += w[j] * (delta[j] - middle) * f[j];
      }
      return s / (v * mean(f));
    }

    /// Variance of ln f as a log-normal has it.
    double variance(double[] f) {
      double m = mean(f);
      double s = 0;
      for (int j = 0; j < 5; j++) {
        s += w[j] * (f[j] - m) * (f[j] - m);
      }
      return Math.log1p(s / (m * m));
    }
  }

  /// @param l of the root
  static LengthMixture of(Fn fn, Field root, Lengths l) {
    if (PointwiseMoments.isPoint(root)) {
      return SAME;
    }
    Scaled s = Scaled.of(fn, root.ln - root.base / 2);
    double mean = root.mean * s.inScale();
    double sd = Math.sqrt(root.centred()) * s.inScale();
    boolean free = fn.form() instanceof Fn.Form.AbRelu;
    double v = Math.min(MOST, l.sample());
    Places p = new Places(Math.max(LEAST, v));
    double[][] m = free && root.mean == 0 ? scaleFree(fn, p, mean, sd) : places(fn, p, mean, sd);
    double[] typical = powers(fn, mean, sd);
    double m2 = p.mean(m[1]);
    if (!(m2 > 0) || !Double.isFinite(p.mean(m[3])) || !(typical[1] > 0)) {
      return SAME;
    }
    double shared = shared(fn, mean, sd, typical, correlation(root));
    Lengths after = stretched(p, m[1], p.mean(m[3]), l.sample(), shared);
    return v < NEGLIGIBLE || free && root.mean == 0
        ? new LengthMixture(1, 1, after)
        : new LengthMixture(ratio(p, m[1], typical[1], v), middle(p, m, typical, v), after);
  }

  private static double middle(Places p, double[][] m, double[] typical, double v) {
    return typical[0] * typical[0] < 1e-12 * typical[1] ? 1 : ratio(p, m[0], typical[0], v);
  }

  /// Found over at least [#LEAST], of variance v.
  private static double ratio(Places p, double[] f, double typical, double v) {
    double r = p.mean(f) / typical;
    return r > 0 && Double.isFinite(r) ? Math.exp(Math.log(r) * Math.min(1, v / p.v)) : 1;
  }

  private static Lengths stretched(Places p, double[] f, double fourth, double v, double shared) {
    double m2 = p.mean(f);
    double factor = p.variance(f) / p.v;
    double tail = fourth / (m2 * m2) / Math.exp(factor * Math.min(p.v, v)) - 1;
    return new Lengths(v * factor, Math.max(0, tail * (1 - shared)));
  }

  private static double[][] places(Fn fn, Places p, double mean, double sd) {
    double[][] r = new double[4][5];
    for (int j = 0; j < 5; j++) {
      double[] q = powers(fn, mean, sd * Math.exp(p.delta[j] / 2));
      for (int i = 0; i < 4; i++) {
        r[i][j] = q[i];
      }
    }
    return r;
  }

  private static double[][] scaleFree(Fn fn, Places p, double mean, double sd) {
    double[] q = powers(fn, mean, sd);
    double[][] r = new double[4][5];
    for (int j = 0; j < 5; j++) {
      for (int i = 0; i < 4; i++) {
        r[i][j] = q[i] * Math.exp(p.delta[j] * (i + 1) / 2);
      }
    }
    return r;
  }

  /// E φ, E φ², E φ³, E φ⁴.
  private static double[] powers(Fn fn, double mean, double sd) {
    double[] r = new double[4];
    for (int i = 0; i < NODES; i++) {
      double y = fn.at(mean + sd * Z[i]);
      double f = P[i];
      for (int k = 0; k < 4; k++) {
        f *= y;
        r[k] += f;
      }
    }
    return r;
  }

  /// Which part of Var φ² two places have in common whose roots correlate with ρ: Mehler's sum,
  /// what is beyond its second term taken as the third.
  private static double shared(Fn fn, double mean, double sd, double[] m, double rho) {
    double all = m[3] - m[1] * m[1];
    if (Math.abs(rho) < 1e-6 || !(all > 0)) {
      return 0;
    }
    double s1 = 0;
    double s2 = 0;
    for (int i = 0; i < NODES; i++) {
      double y = fn.at(mean + sd * Z[i]);
      s1 += P[i] * y * y * Z[i];
      s2 += P[i] * y * y * (Z[i] * Z[i] - 1);
    }
    double one = s1 * s1 / all;
    double two = s2 * s2 / 2 / all;
    double rest = Math.max(0, 1 - one - two);
    return Math.clamp(one * rho + two * rho * rho + rest * rho * rho * rho, 0, 1);
  }

  /// Of one channel at two places.
  static double correlation(Field f) {
    int other = f.k.length - 1 & ~f.channels;
    double v = f.centred();
    return other == 0 || f.channels == 0 || v <= 0
        ? 0
        : Math.clamp((f.k[other] - f.mean * f.mean) / v, -1, 1);
  }

  /// What the unequal lengths of samples make of E φ′²g².
  ///
  /// @param ln to be added to ln E φ′²
  /// @param lean of the gradient at the root
  /// @param scatter what the root's level, which scatters between initialisations with variance V,
  ///   adds to the variance of ln of the gradient: V·(A² − (e·λ)²) where the gradient goes with the
  ///   level to the power λ behind φ and A = e·λ + σ before it, e = d ln E φ²/d ln q, σ = d ln E
  ///   φ′²/d ln q; NaN when that is not known
  record Slope(double ln, Lengths.Lean lean, double scatter) {
    static Slope unknown(double spread) {
      return new Slope(0, Lengths.Lean.of(spread), Double.NaN);
    }
  }

  /// What φ′²g² of n elements adds to the scatter between samples: 3·E φ′⁴/(E φ′²)² − 1 over n,
  /// less what samples share (5/n for a rectifier, Hanin & Nica 2018).
  static double scatter(double kurtosis, double rho, double rhoG, double terms) {
    double other = (1 + 2 * rhoG * rhoG) * (1 + (kurtosis - 1) * rho * rho);
    return terms > 0 ? Math.max(0, 3 * kurtosis - other) / terms : 0;
  }

  /// @param v of ln of the root's variance between samples
  /// @param base the same between initialisations
  /// @param lean of the gradient at the value of φ
  /// @param terms elements of one sample
  /// @param rho correlation of two samples, rhoG of their gradients
  static Slope slope(
      Fn fn,
      double mean,
      double sd,
      double v,
      double base,
      Lengths.Lean lean,
      double terms,
      double rho,
      double rhoG) {
    double[] one = slopes(fn, mean, sd);
    double more = scatter(one[4] / (one[2] * one[2]), rho, rhoG, terms);
    if (fn.form() instanceof Fn.Form.AbRelu && mean == 0) {
      // Scale-free: nothing depends on the length but what lies behind.
      return new Slope(
          0, new Lengths.Lean(lean.slope(), lean.aligned(), lean.level(), lean.spread() + more), 0);
    }
    Places p = new Places(Math.max(LEAST, Math.min(MOST, v)));
    double[] squares = new double[5];
    double[] weight = new double[5];
    double[] d = new double[5];
    double[] g = new double[5];
    for (int j = 0; j < 5; j++) {
      double[] m = slopes(fn, mean, sd * Math.exp(p.delta[j] / 2));
      squares[j] = m[1];
      d[j] = m[2];
    }
    for (int j = 0; j < 5; j++) {
      double e = lean.slope() * Math.log(squares[j] / squares[2]);
      weight[j] = Math.exp(Math.clamp(e, -30, 30));
      g[j] = weight[j] * d[j];
    }
    double r = p.mean(g) / p.mean(weight) / one[2];
    if (!(r > 0) || !Double.isFinite(r)) {
      return Slope.unknown(lean.spread() + more);
    }
    double b = one[3] / (one[1] * one[2]);
    double a = p.slope(squares);
    double lasts = Math.min(1, a * a * one[1] / (sd * sd * one[2]));
    double size = lean.slope() * (b - 1) * (1 - rho * rho);
    double along = 2 * b * lean.aligned();
    double ln =
        Math.log(r) * Math.min(1, v / p.v) + Math.log(Math.max(0.5, 1 + (size + along) / terms));
    double aligned = p.slope(d) + lasts * lean.aligned();
    double slope = p.slope(g);
    double unequal = v * (slope * slope - lean.slope() * a * lean.slope() * a);
    double spread = Math.max(0, lean.spread() + more + unequal);
    double step = Math.sqrt(3 * Math.max(LEAST, base));
    double[] up = slopes(fn, mean, sd * Math.exp(step / 2));
    double[] down = slopes(fn, mean, sd * Math.exp(-step / 2));
    double behind = lean.level() * Math.log(up[1] / down[1]) / (2 * step);
    double level = behind + Math.log(up[2] / down[2]) / (2 * step);
    if (!Double.isFinite(level)) {
      return new Slope(ln, new Lengths.Lean(slope, aligned, 0, spread), Double.NaN);
    }
    return new Slope(
        ln,
        new Lengths.Lean(slope, aligned, level, spread),
        base * (level * level - behind * behind));
  }

  /// E φ, E φ², E φ′², E φ²φ′², E φ′⁴.
  private static double[] slopes(Fn fn, double mean, double sd) {
    double[] r = new double[5];
    for (int i = 0; i < NODES; i++) {
      double u = mean + sd * Z[i];
      double y = fn.at(u);
      double d = fn.slopeAt(u);
      r[0] += P[i] * y;
      r[1] += P[i] * y * y;
      r[2] += P[i] * d * d;
      r[3] += P[i] * y * y * d * d;
      r[4] += P[i] * d * d * d * d;
    }
    return r;
  }
}
