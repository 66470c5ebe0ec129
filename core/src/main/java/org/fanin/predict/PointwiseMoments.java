package org.fanin.predict;

import java.util.function.DoubleUnaryOperator;
import org.fanin.math.Fn;
import org.fanin.math.HermiteExpansion;

/// Pair moments of φ(u) for a Gaussian field u, its scatter over initialisations included.
final class PointwiseMoments {
  /// Beyond e^±LIMIT of m2 a function is taken as its power law there: what doubles and quadrature
  /// can hold.
  static final double LIMIT = 250;

  private PointwiseMoments() {}

  /// Pair moments of fn(u) for Gaussian u with the pair moments of `root`.
  static Field apply(Fn fn, Field root) {
    if (isPoint(root)) {
      return atPoint(fn, root);
    }
    double typical = root.ln - root.base / 2;
    Scaled s = Scaled.of(fn, typical);
    HermiteExpansion e = expansion(fn, root, s);
    double[] raw = kernels(e, false, root);
    if (!(raw[0] > 0)) {
      return raw[0] == 0 ? root.with(zeros(raw.length), 0, Double.NEGATIVE_INFINITY) : bad(fn);
    }
    OverDraws level = OverDraws.of(fn, root, Math.log(e.ef2()) + s.outLn(), false);
    double own =
        Spreads.rectified(fn, root)
            ? Spreads.forwardRectified(root)
            : Spreads.forward(square(fn, root, s), root, level.elasticity());
    Field y =
        along(fn, root, root.normalised(raw, e.mean(), level.mean() + level.variance() / 2), false);
    y = nearby(e, root, raw[0], y);
    double total = level.variance() + own;
    return y.withBase(Math.max(0, total - y.ownSpread()));
  }

  /// Over places of unequal length. One place has its own mean square; two have the product of
  /// their means as far as they do not correlate.
  static Field mixed(Field y, Field root, LengthMixture mix) {
    if (mix.square == 1 && mix.mean == 1 || y.isZero()) {
      return y;
    }
    // The product of the means, and the rest, which grows from as it was to what the square leaves.
    double constant = y.mean * y.mean;
    double there = constant * mix.mean * mix.mean;
    double whole = constant < 1 - 1e-9 ? (mix.square - there) / (1 - constant) : mix.square;
    double[] k = new double[y.k.length];
    k[0] = 1;
    for (int m = 1; m < k.length; m++) {
      double rho = Math.clamp((root.k[m] - root.mean * root.mean) / root.centred(), -1, 1);
      k[m] = joint(y.k[m], constant, there, whole, rho) / mix.square;
      k[m] = Math.clamp(k[m], -1, 1);
    }
    double mean = y.mean * mix.mean / Math.sqrt(mix.square);
    Field r = y.with(k, Math.clamp(mean, -1, 1), y.ln + Math.log(mix.square));
    return y.near == null
        ? r
        : Nearby.put(
            r,
            Nearby.filled(
                (e, g) ->
                    e + g == 0
                        ? 1
                        : joint(y.near.k()[e][g], constant, there, whole, 0) / mix.square));
  }

  private static double joint(double k, double constant, double there, double whole, double rho) {
    return there + (k - constant) * (1 + (whole - 1) * rho * rho);
  }

  private static Field nearby(HermiteExpansion e, Field root, double self, Field y) {
    if (root.near == null) {
      return y;
    }
    double m2 = root.mean * root.mean;
    return Nearby.put(
        y,
        Nearby.filled(
            (d, g) -> {
              double rho = Math.clamp((root.near.k()[d][g] - m2) / root.centred(), -1, 1);
              return rho >= 1 ? self : e.kernel(rho);
            }));
  }

  /// All elements are one number, or nearly.
  static boolean isPoint(Field root) {
    return root.isZero() || root.centred() < 1e-13;
  }

  /// That number.
  static double point(Field root) {
    return root.isZero() ? 0 : root.mean * Math.exp(root.ln / 2);
  }

  /// E φ(u)φ(v), or E φ′(u)φ′(v), for the correlation of every pair class.
  static double[] kernels(HermiteExpansion e, boolean slope, Field root) {
    double v = root.centred();
    double m2 = root.mean * root.mean;
    double self = slope ? e.slopeM2() : e.ef2();
    double[] raw = new double[root.k.length];
    raw[0] = self;
    for (int m = 1; m < raw.length; m++) {
      double rho = Math.clamp((root.k[m] - m2) / v, -1.0, 1.0);
      int seen = sameEarlier(root.k, m);
      if (seen > 0) {
        raw[m] = raw[seen];
      } else if (rho >= 1) {
        raw[m] = self;
      } else {
        raw[m] = slope ? e.slopeKernel(rho) : e.kernel(rho);
      }
    }
    return raw;
  }

  /// ln E φ² (or ln E φ′²) over initialisations whose ln q scatters with variance `base` around the
  /// typical one: mean and variance by three-point Gauss–Hermite. In a narrow network this is not
  /// the value at the mean: near the edge of stability single draws part ways.
  ///
  /// @param elasticity d ln E φ² / d ln q
  record OverDraws(double mean, double variance, double elasticity) {
    static OverDraws of(Fn fn, Field root, double here, boolean slope) {
      double base = root.base;
      if (fn.form() instanceof Fn.Form.AbRelu) {
        return slope ? new OverDraws(here, 0, 0) : new OverDraws(here, base, 1);
      }
      double step = Math.sqrt(3 * Math.max(base, 1e-3));
      double typical = root.ln - base / 2;
      double up = at(fn, root, typical + step, slope);
      double down = at(fn, root, typical - step, slope);
      double e = (up - down) / (2 * step);
      if (base < 1e-3 || !Double.isFinite(up) || !Double.isFinite(down)) {
        return new OverDraws(
            here, Double.isFinite(e) ? e * e * base : base, Double.isFinite(e) ? e : 1);
      }
      double mean = 2 * here / 3 + (up + down) / 6;
      double variance =
          2 * (here - mean) * (here - mean) / 3
              + ((up - mean) * (up - mean) + (down - mean) * (down - mean)) / 6;
      return new OverDraws(mean, variance, e);
    }

    private static double at(Fn fn, Field root, double ln, boolean slope) {
      Scaled s = Scaled.of(fn, ln);
      HermiteExpansion e = expansion(fn, root, s);
      return slope ? Math.log(e.slopeM2()) + s.slopeLn() : Math.log(e.ef2()) + s.outLn();
    }
  }

  private static Field bad(Fn fn) {
    throw new Context.MissingRule(fn.name() + " has no finite second moment here");
  }

  private static double[] zeros(int n) {
    double[] z = new double[n];
    z[0] = 1;
    return z;
  }

  private static int sameEarlier(double[] k, int m) {
    for (int i = Math.max(1, m - 8); i < m; i++) {
      if (k[i] == k[m]) {
        return i;
      }
    }
    return 0;
  }

  private static Field atPoint(Fn fn, Field root) {
    double x = point(root);
    double y = fn.at(x);
    if (!Double.isFinite(y)) {
      throw new Context.MissingRule(fn.name() + " is not finite at " + x);
    }
    double[] k = ones(root.k.length);
    return root.with(k, Math.signum(y), 2 * Math.log(Math.abs(y)))
        .withProfiles(new double[root.size()][])
        .withSpread(0, Overlap.NONE, root.channels);
  }

  static double[] ones(int n) {
    double[] k = new double[n];
    java.util.Arrays.fill(k, 1);
    return k;
  }

  /// With what profiles of the root make of E φ², or of E φ′².
  static Field along(Fn fn, Field root, Field result, boolean slope) {
    if (!root.isProfiled()) {
      return result;
    }
    if (fn.form() instanceof Fn.Form.AbRelu) {
      return slope ? result : result.withProfiles(root.profiles);
    }
    double typical = root.ln - root.base / 2;
    Field r =
        ProfileLevels.applied(root, result, lnP -> OverDraws.at(fn, root, typical + lnP, slope));
    // E (ax + b)² needs no more than mean and m2 over all entries, which are known exactly.
    return fn.form() instanceof Fn.Form.Affine ? result.withProfiles(r.profiles) : r;
  }

  /// φ² as a function of its own, for the scatter of m2.
  private static HermiteExpansion square(Fn fn, Field root, Scaled s) {
    DoubleUnaryOperator square = x -> fn.at(x) * fn.at(x);
    return Spreads.cached(
        fn, false, () -> expansion(Source.factor(square, fn), root, s), root, s.inScale());
  }

  static HermiteExpansion expansion(Fn fn, Field root, Scaled s) {
    double unit = s.inScale();
    return expansion(fn, root.mean * unit, Math.sqrt(root.centred()) * unit);
  }

  /// A variance or a norm is positive though its Gaussian stand-in has a lower tail: functions that
  /// are not finite there (√, 1/x, ln) are continued from a fifth of the mean.
  static HermiteExpansion expansion(Fn fn, double mean, double sd) {
    if (fn.form() instanceof Fn.Form.AbRelu) {
      return HermiteExpansion.of(fn, mean, sd);
    }
    if (mean > 0 && !finiteBelow(fn, mean, sd)) {
      double floor = mean / 5;
      DoubleUnaryOperator value = x -> fn.at(Math.max(x, floor));
      DoubleUnaryOperator slope = x -> x < floor ? 0 : fn.slopeAt(x);
      Fn held =
          new Fn(
              "held[" + fn.name() + "]",
              value,
              slope,
              java.util.List.of(floor),
              java.util.List.of(),
              new Fn.Form.General());
      return HermiteExpansion.of(held, mean, sd);
    }
    return HermiteExpansion.of(fn, mean, sd);
  }

  private static boolean finiteBelow(Fn fn, double mean, double sd) {
    for (int i = 0; i <= 12; i++) {
      double y = fn.at(mean - i * sd);
      if (!Double.isFinite(y) || !Double.isFinite(fn.slopeAt(mean - i * sd))) {
        return false;
      }
    }
    return finiteNearZero(fn) || mean > 12 * sd;
  }

  private static boolean finiteNearZero(Fn fn) {
    return Math.abs(fn.at(1e-30)) < 1e12 && Math.abs(fn.slopeAt(1e-30)) < 1e12;
  }

  /// At which scale to evaluate fn, and what to add to the result's ln m2: scale-free functions are
  /// evaluated at 1, the others within what doubles hold.
  ///
  /// @param inScale standard deviation that stands for √m2 = 1 of the root
  /// @param outLn ln of the unit of the result's second moment
  record Scaled(double inScale, double outLn, double slopeLn) {
    static Scaled of(Fn fn, double ln) {
      if (fn.form() instanceof Fn.Form.AbRelu) {
        return new Scaled(1, ln, 0);
      }
      double near = Math.clamp(ln, -LIMIT, LIMIT);
      if (near == ln) {
        return new Scaled(Math.exp(ln / 2), 0, 0);
      }
      double probe = Math.exp(near / 2);
      double step = near < 0 ? 1e10 : 1e-10;
      double y0 = Math.abs(fn.at(probe)) + Math.abs(fn.at(-probe));
      double y1 = Math.abs(fn.at(probe * step)) + Math.abs(fn.at(-probe * step));
      double p = y0 > 0 && y1 > 0 ? Math.round(Math.log(y1 / y0) / Math.log(step)) : 0;
      return new Scaled(probe, p * (ln - near), (p == 0 ? -1 : p - 1) * (ln - near));
    }
  }
}
