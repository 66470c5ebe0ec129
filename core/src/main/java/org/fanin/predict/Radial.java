package org.fanin.predict;

import java.util.Arrays;

/// What is known of S = Σ g·x, a gradient along its own value, summed over the features of one
/// token: the derivative by the value's length, and what reaches the deviation of a normalisation.
/// Relative to a gradient of no preferred direction, E S² over E g²·Σ x², S is a sum of
/// independent variables ζ of variance 1 that other tensors' sums may share, and a rest:
///
///     S = Σ amplitude·ζ + rest,   E S² = Σ amplitude² + rest.
///
/// A normalisation does not see lengths: 0 at its input. A linear layer hands S on as it is: g·x =
/// Wᵀδ·x = δ·Wx. So does a product, to both factors, which is why the gradient of what makes both
/// (a gated unit) has twice that of either: S of a function homogeneous of degree k is k times
/// that of its value. Where y = a + b, S_y is split, and what a has more than its share b has less:
/// the sums over a residual block behind which a normalisation stands cancel.
///
/// Immutable.
final class Radial {
  private static final int[] NONE = {};
  private static final double[] NOTHING = {};

  /// More are counted to the rest, smallest first.
  private static final int MOST = 8;

  /// No preferred direction.
  static final Radial ISOTROPIC = new Radial(NONE, NOTHING, 1);

  /// Out of a normalisation of each token: none, but for ε and rounding.
  static final Radial NORMALISED = new Radial(NONE, NOTHING, 1e-9);

  /// Which ζ: the value where it first appears.
  private final int[] anchors;

  private final double[] amplitudes;
  private final double rest;

  private Radial(int[] anchors, double[] amplitudes, double rest) {
    this.anchors = anchors;
    this.amplitudes = amplitudes;
    this.rest = rest;
  }

  /// E S².
  double total() {
    double t = rest;
    for (double a : amplitudes) {
      t += a * a;
    }
    return t;
  }

  /// The same S under a name, so that it can meet itself again.
  ///
  /// @param value where it has it
  Radial anchored(int value) {
    return rest <= 0 ? this : with(value, Math.sqrt(rest), 0);
  }

  /// S·factor + an independent variable of variance `more`.
  Radial scaled(double factor, double more) {
    double[] a = amplitudes.clone();
    for (int i = 0; i < a.length; i++) {
      a[i] *= factor;
    }
    return new Radial(anchors, a, rest * factor * factor + more);
  }

  /// At the first of two summands with the second moments share : 1 − share; the part that the
  /// other has with the opposite sign is the ζ of the sum.
  ///
  /// @param sum value id of the sum
  /// @param sign 1 at one summand, −1 at the other
  Radial addend(int sum, double share, double sign) {
    return scaled(Math.sqrt(share), 0).with(sum, sign * Math.sqrt(1 - share), rest * share);
  }

  /// Through y = φ(u) with D = dy/du: u·D = c·y + a remainder that does not go along y.
  ///
  /// @param y E y², ud E (u·D)², both E y·u·D, unit E D²·E u²
  Radial through(double y, double ud, double both, double unit) {
    if (!(y > 0) || !(unit > 0)) {
      return ISOTROPIC;
    }
    double c = both / y;
    return scaled(c * Math.sqrt(y / unit), Math.max(0, ud - c * both) / unit);
  }

  /// Of a sum of gradients at one value: each with its second moment.
  static Radial sum(Radial a, double qa, Radial b, double qb) {
    double all = qa + qb;
    if (!(all > 0)) {
      return ISOTROPIC;
    }
    Radial r = a.scaled(Math.sqrt(qa / all), 0);
    Radial s = b.scaled(Math.sqrt(qb / all), 0);
    Radial t = new Radial(r.anchors, r.amplitudes, r.rest + s.rest);
    for (int i = 0; i < s.anchors.length; i++) {
      t = t.with(s.anchors[i], s.amplitudes[i], t.rest);
    }
    return t;
  }

  /// With a ζ added and another rest.
  private Radial with(int anchor, double amplitude, double newRest) {
    int n = anchors.length;
    int at = 0;
    while (at < n && anchors[at] != anchor) {
      at++;
    }
    int size = Math.max(n, at + 1);
    int[] names = Arrays.copyOf(anchors, size);
    double[] amps = Arrays.copyOf(amplitudes, size);
    names[at] = anchor;
    amps[at] += amplitude;
    return new Radial(names, amps, newRest).capped();
  }

  private Radial capped() {
    if (anchors.length <= MOST) {
      return this;
    }
    int least = 0;
    for (int i = 1; i < amplitudes.length; i++) {
      least = Math.abs(amplitudes[i]) < Math.abs(amplitudes[least]) ? i : least;
    }
    int last = anchors.length - 1;
    int[] names = Arrays.copyOf(anchors, last);
    double[] amps = Arrays.copyOf(amplitudes, last);
    if (least < last) {
      names[least] = anchors[last];
      amps[least] = amplitudes[last];
    }
    return new Radial(names, amps, rest + amplitudes[least] * amplitudes[least]);
  }
}
