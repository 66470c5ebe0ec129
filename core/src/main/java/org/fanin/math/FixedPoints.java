package org.fanin.math;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/// Mean-field theory of a deep network of identical layers z = Wφ(z) + b, Var W = σ_w²/n, Var b =
/// σ_b² (Poole et al. 2016, Schoenholz et al. 2017). σ's are standard deviations, q is the second
/// moment of the pre-activations, c the cosine of two inputs'.
public final class FixedPoints {
  private static final double REACH = 60;
  private static final double STEP = 0.25;
  private static final double LEVEL = 1e-11;

  private FixedPoints() {}

  public enum Regime {
    ORDERED,
    CRITICAL,
    CHAOTIC
  }

  /// @param length where q goes
  /// @param chi1 σ_w²E φ′² there (the limit of small q when the signal vanishes): growth of the
  ///   gradient's second moment per layer (and of 1 − c near 1 when q is fixed)
  /// @param cStar stable cosine of two different inputs; empty when every cosine is kept
  /// @param chiC slope of the cosine map at c*
  /// @param xiC depth −1/ln χ_{c*} over which the cosine forgets; ∞ when critical
  /// @param xiGrad depth −1/ln χ₁ over which the gradient changes by e: positive it shrinks,
  ///   negative it grows, ∞ when critical
  /// @param because what is missing and why, or ""
  public record Phase(
      LengthLimit length,
      OptionalDouble chi1,
      OptionalDouble cStar,
      OptionalDouble chiC,
      OptionalDouble xiC,
      OptionalDouble xiGrad,
      Regime regime,
      String because) {
    /// q*, where there is one.
    public OptionalDouble qStar() {
      return length instanceof LengthLimit.Fixed(double q)
          ? OptionalDouble.of(q)
          : OptionalDouble.empty();
    }
  }

  /// One layer of the joint iteration of q and c.
  ///
  /// @param chi σ_w²E φ′² at this q
  public record Layer(double q, double cos, double chi) {}

  /// σ_w²E φ² + σ_b² at q.
  public static double lengthMap(Fn f, double sigmaW, double sigmaB, double q) {
    return sigmaW * sigmaW * Gaussian.moments(f, 0, Math.sqrt(q)).ef2() + sigmaB * sigmaB;
  }

  /// @throws IllegalArgumentException when a σ is negative or not finite
  public static LengthLimit length(Fn f, double sigmaW, double sigmaB) {
    check(sigmaW, sigmaB);
    if (f.form() instanceof Fn.Form.AbRelu(double a, double b)) {
      return homogeneous(0.5 * (a * a + b * b) * sigmaW * sigmaW, sigmaB * sigmaB);
    }
    double g = growth(f, sigmaW, sigmaB, 0);
    if (Math.abs(g) < LEVEL) {
      return atOne(f, sigmaW, sigmaB);
    }
    double direction = g > 0 ? STEP : -STEP;
    double from = 0;
    for (double x = direction; Math.abs(x) <= REACH; x += direction) {
      double next = growth(f, sigmaW, sigmaB, x);
      if (Math.abs(next) < LEVEL && Math.abs(x) > REACH / 2 && direction < 0) {
        return new LengthLimit.Vanishes(
            "the gain at the origin is exactly critical: q falls as a power of depth");
      }
      if (Double.isNaN(next) || next == Double.POSITIVE_INFINITY) {
        return new LengthLimit.Diverges("E φ² overflows at q = e^" + Math.round(x));
      }
      if (g * next <= 0) {
        return new LengthLimit.Fixed(root(f, sigmaW, sigmaB, Math.min(from, x), Math.max(from, x)));
      }
      from = x;
    }
    return direction > 0
        ? new LengthLimit.Diverges("q grows at every scale up to e^60")
        : new LengthLimit.Vanishes("q shrinks at every scale down to e^−60");
  }

  /// q = 1 is kept; is it also approached?
  private static LengthLimit atOne(Fn f, double sigmaW, double sigmaB) {
    return growth(f, sigmaW, sigmaB, 1e-3) <= 0 && growth(f, sigmaW, sigmaB, -1e-3) >= 0
        ? new LengthLimit.Fixed(1)
        : new LengthLimit.Unstable(
            1, "q = 1 is kept only exactly: smaller signals die out or larger ones grow");
  }

  private static LengthLimit homogeneous(double factor, double bias) {
    if (Math.abs(factor - 1) < 1e-12) {
      return bias == 0
          ? new LengthLimit.Any("scale-free at its critical gain: every q is kept")
          : new LengthLimit.Diverges("each layer adds σ_b² to a q that the weights keep");
    }
    if (factor > 1) {
      return new LengthLimit.Diverges("each layer multiplies q by " + (float) factor);
    }
    return bias == 0
        ? new LengthLimit.Vanishes("each layer multiplies q by " + (float) factor)
        : new LengthLimit.Fixed(bias / (1 - factor));
  }

  private static double growth(Fn f, double sigmaW, double sigmaB, double lnQ) {
    return StrictMath.log(lengthMap(f, sigmaW, sigmaB, StrictMath.exp(lnQ))) - lnQ;
  }

  /// The map grows at `lo` and shrinks at `hi`.
  private static double root(Fn f, double sigmaW, double sigmaB, double lo, double hi) {
    double a = lo;
    double b = hi;
    for (int i = 0; i < 52; i++) {
      double mid = 0.5 * (a + b);
      if (growth(f, sigmaW, sigmaB, mid) > 0) {
        a = mid;
      } else {
        b = mid;
      }
    }
    return StrictMath.exp(0.5 * (a + b));
  }

  public static Phase phase(Fn f, double sigmaW, double sigmaB) {
    LengthLimit length = length(f, sigmaW, sigmaB);
    return switch (length) {
      case LengthLimit.Fixed(double q) -> at(f, sigmaW, sigmaB, q, length, "");
      case LengthLimit.Unstable(double q, String why) -> at(f, sigmaW, sigmaB, q, length, why);
      case LengthLimit.Any(String why) -> at(f, sigmaW, sigmaB, 1, length, why);
      case LengthLimit.Vanishes(String why) ->
          at(f, sigmaW, sigmaB, 1e-26, length, "limit of small q: " + why);
      case LengthLimit.Diverges(String why) when f.form() instanceof Fn.Form.AbRelu ->
          at(f, sigmaW, 0, 1, length, "scale-free, cosine of the normalised signal: " + why);
      case LengthLimit.Diverges(String why) ->
          new Phase(
              length,
              none(),
              none(),
              none(),
              none(),
              none(),
              Regime.CHAOTIC,
              "no fixed point: " + why);
    };
  }

  private static OptionalDouble none() {
    return OptionalDouble.empty();
  }

  private static Phase at(
      Fn f, double sigmaW, double sigmaB, double q, LengthLimit length, String because) {
    HermiteExpansion e = HermiteExpansion.of(f, 0, Math.sqrt(q));
    double w2 = sigmaW * sigmaW;
    double chi1 = w2 * e.slopeM2();
    double next = w2 * e.ef2() + sigmaB * sigmaB;
    double slopeAt1 = chi1 * q / next;
    if (Math.abs(slopeAt1 - 1) < 1e-9 && Math.abs(e.complement(0.5) - 0.5) < 1e-9) {
      return new Phase(
          length,
          OptionalDouble.of(chi1),
          none(),
          OptionalDouble.of(1),
          none(),
          OptionalDouble.of(depth(chi1)),
          regime(chi1),
          because + (because.isEmpty() ? "" : "; ") + "linear there: every cosine is kept");
    }
    double lost = slopeAt1 > 1 + 1e-9 ? lostCosine(e, w2, next) : 0;
    double chiC = lost > 0 ? w2 * q / next * e.slopeKernel(1 - lost) : slopeAt1;
    return new Phase(
        length,
        OptionalDouble.of(chi1),
        OptionalDouble.of(1 - lost),
        OptionalDouble.of(chiC),
        OptionalDouble.of(depth(chiC)),
        OptionalDouble.of(depth(chi1)),
        regime(chi1),
        because);
  }

  private static Regime regime(double chi1) {
    return Math.abs(chi1 - 1) < 1e-9 ? Regime.CRITICAL : chi1 > 1 ? Regime.CHAOTIC : Regime.ORDERED;
  }

  /// −1/ln χ; ∞ at 1, 0 at 0.
  private static double depth(double chi) {
    return Math.abs(chi - 1) < 1e-9 ? Double.POSITIVE_INFINITY : -1 / StrictMath.log(chi);
  }

  /// 1 − c*, the positive root of σ_w²E φ²·complement(e) = q·e; unique since the cosine map is
  /// convex on [0, 1].
  private static double lostCosine(HermiteExpansion e, double w2, double q) {
    if (w2 * e.ef2() * e.complement(1) >= q * (1 - 1e-12)) {
      return 1;
    }
    double lo = StrictMath.log(1e-12);
    double hi = 0;
    for (int i = 0; i < 52; i++) {
      double mid = 0.5 * (lo + hi);
      double x = StrictMath.exp(mid);
      if (w2 * e.ef2() * e.complement(x) > q * x) {
        lo = mid;
      } else {
        hi = mid;
      }
    }
    return StrictMath.exp(0.5 * (lo + hi));
  }

  /// q, c and χ of layers 0 … `layers` from two inputs of second moment q0 and cosine c0; stops
  /// early when q leaves the doubles.
  public static List<Layer> iterate(
      Fn f, double sigmaW, double sigmaB, double q0, double c0, int layers) {
    check(sigmaW, sigmaB);
    List<Layer> all = new ArrayList<>();
    double q = q0;
    double lost = 1 - c0;
    for (int l = 0; l <= layers && q > 0 && q < 1e290; l++) {
      HermiteExpansion e = HermiteExpansion.of(f, 0, Math.sqrt(q));
      all.add(new Layer(q, 1 - lost, sigmaW * sigmaW * e.slopeM2()));
      double next = sigmaW * sigmaW * e.ef2() + sigmaB * sigmaB;
      lost = sigmaW * sigmaW * e.ef2() * e.complement(Math.clamp(lost, 0, 2)) / next;
      q = next;
    }
    return List.copyOf(all);
  }

  /// Cosine after `layers` bias-free layers of the activation at its critical gain (scale-free
  /// activations): ReLU from orthogonal inputs .318310, .493731, …
  public static double[] cosines(Fn f, double c0, int layers) {
    double[] c = new double[layers + 1];
    HermiteExpansion e = HermiteExpansion.of(f, 0, 1);
    double lost = 1 - c0;
    for (int l = 0; l <= layers; l++) {
      c[l] = 1 - lost;
      lost = e.complement(Math.clamp(lost, 0, 2));
    }
    return c;
  }

  static void check(double sigmaW, double sigmaB) {
    if (!(sigmaW >= 0 && sigmaW < Double.POSITIVE_INFINITY)
        || !(sigmaB >= 0 && sigmaB < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "σ_w and σ_b must be ≥ 0 and finite, found " + sigmaW + " and " + sigmaB);
    }
  }
}
