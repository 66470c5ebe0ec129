package org.fanin.predict;

import org.fanin.math.MaxOfNormals;
import org.fanin.predict.Signal.Curve;
import org.fanin.predict.Source.Landing;

/// The largest of k Gaussian elements with a common correlation ρ: mean μ + σ√(1−ρ)·m_k, variance
/// σ²(ρ + (1−ρ)v_k), m_k and v_k those of k independent normals.
///
/// @param field pair moments of the maximum, on the atoms of the root
/// @param mean mean of the maximum in units of the root's √m2
/// @param sd its deviation in the same units
record Maximum(Field field, double mean, double sd) {

  static Maximum of(Curve curve, int among, double count) {
    return of(curve, among, count, among == 0 ? 1 : curve.rootField().averageDiffering(among));
  }

  /// @param within mean pair moment of two elements of one window, in units of m2
  static Maximum of(Curve curve, int among, double count, double within) {
    if (!rises(curve)) {
      throw falls(curve);
    }
    Field x = curve.rootField();
    double v = x.centred();
    double s = Math.sqrt(v);
    double rho = among == 0 || v <= 0 ? 1 : Math.clamp((within - x.mean * x.mean) / v, 0, 1);
    double mk = MaxOfNormals.mean(Math.max(1, count));
    double vk = MaxOfNormals.variance(Math.max(1, count));
    double mean = x.mean + s * Math.sqrt(1 - rho) * mk;
    double var = v * (rho + (1 - rho) * vk);
    double[] raw = new double[x.k.length];
    for (int m = 0; m < raw.length; m++) {
      raw[m] = mean * mean + (m == 0 ? var : covariance(x, among, m, v, rho, vk, count));
    }
    return new Maximum(x.rescaled(raw, mean, x.ln), mean, Math.sqrt(var));
  }

  /// The smallest: minus the largest of what is mirrored. A rising activation keeps the order.
  static Maximum smallest(Curve curve, int among, double count) {
    if (!rises(curve)) {
      throw falls(curve);
    }
    Maximum m = of(Curve.root(curve.root(), curve.rootField().negated()), among, count);
    return new Maximum(m.field.negated(), -m.mean, m.sd);
  }

  Landing landing() {
    return new Landing(mean, sd);
  }

  static Context.MissingRule falls(Curve curve) {
    return new Context.MissingRule(
        "the extreme of " + curve.fn().name() + ", which does not rise everywhere");
  }

  /// Covariance of two windows' maxima: the windows' common parts, and of their independent parts
  /// the share that agrees on the winner (first order 1/k, the rest quadratic in the correlation).
  private static double covariance(
      Field x, int among, int m, double v, double rho, double vk, double k) {
    double cross = (m & among) != 0 ? x.k[m] : average(x, among, m);
    double common = Math.clamp((cross - x.mean * x.mean) / v, -1, 1) * v;
    if ((m & among) != 0) {
      return common;
    }
    double here = (x.k[m] - x.mean * x.mean) / v;
    double apart = common / v;
    double r = rho >= 1 ? 1 : Math.clamp((here - apart) / (1 - rho), -1, 1);
    double agree =
        vk <= 0 ? 0 : Math.min(1, 1 / (k * vk)) * r + (1 - Math.min(1, 1 / (k * vk))) * r * r;
    return common + v * (1 - rho) * vk * agree;
  }

  private static double average(Field x, int among, int fixed) {
    double same = x.weight(0, among);
    double all = x.average(among, fixed);
    return same >= 1 ? x.k[fixed] : (all - same * x.k[fixed]) / (1 - same);
  }

  static boolean rises(Curve c) {
    if (c.fn() == null) {
      return true;
    }
    double scale = Math.exp(Math.clamp(c.rootField().ln, -200, 200) / 2);
    double before = Double.NEGATIVE_INFINITY;
    for (int i = -40; i <= 40; i++) {
      double y = c.fn().at(scale * i / 10.0);
      if (y < before - 1e-12 * Math.abs(before)) {
        return false;
      }
      before = y;
    }
    return true;
  }
}
