package org.fanin.predict;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.fanin.math.TruncatedNormal;
import org.fanin.plan.Draw;
import org.fanin.tensor.Shape;

/// The law of one element of a parameter, in place of what the file holds.
///
/// @param mean of an element
/// @param variance of an element around it; 0 for a constant
/// @param kurtosis E(w − mean)⁴/variance²: 3 normal, 1.8 uniform
/// @param name for the report, e.g. `he-normal`
/// @param parts where equal parts differ in variance: query, key and value in one tensor
public record PlannedLaw(
    double mean, double variance, double kurtosis, String name, Optional<Parts> parts) {
  /// Quantiles by which a law without closed moments is represented.
  private static final int QUANTILES = 256;

  /// Longer axes are taken as even: a profile is held in memory.
  private static final long LONGEST = 1 << 20;

  /// Zero-mean parts along one axis of the stored tensor.
  ///
  /// @param extent of that axis
  /// @param shares second moments of the parts in order, relative to their mean
  public record Parts(long extent, List<Double> shares) {
    public Parts {
      shares = List.copyOf(shares);
    }

    /// Relative second moment by index.
    double[] profile() {
      double[] p = new double[Math.toIntExact(extent)];
      int each = Math.max(1, p.length / shares.size());
      for (int i = 0; i < p.length; i++) {
        p[i] = shares.get(Math.min(i / each, shares.size() - 1));
      }
      return p;
    }
  }

  public PlannedLaw(double mean, double variance, double kurtosis, String name) {
    this(mean, variance, kurtosis, name, Optional.empty());
  }

  public PlannedLaw {
    if (!Double.isFinite(mean) || !(variance >= 0 && variance < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          name + ": a finite mean and variance are wanted, found " + mean + " and " + variance);
    }
  }

  /// N(0, variance).
  public static PlannedLaw normal(double variance) {
    return new PlannedLaw(0, variance, 3, "normal");
  }

  public static PlannedLaw constant(double value) {
    return new PlannedLaw(value, 0, 1, value == 0 ? "zeros" : value == 1 ? "ones" : "constant");
  }

  /// Moments of a draw over a whole tensor. Where elements differ in law (parts, a constant slice,
  /// the taps of a delta-orthogonal filter) these are the means over elements.
  ///
  /// @param shape of the tensor
  public static PlannedLaw of(Draw draw, Shape shape, String name) {
    return switch (draw) {
      case Draw.Constant(double v) -> new PlannedLaw(v, 0, 1, name);
      case Draw.Uniform(double low, double high) ->
          new PlannedLaw((low + high) / 2, (high - low) * (high - low) / 12, 1.8, name);
      case Draw.Normal(double mean, double std) -> new PlannedLaw(mean, std * std, 3, name);
      case Draw.Truncated(double mean, double std, double cut) ->
          new PlannedLaw(mean, std * std * TruncatedNormal.variance(cut), 3, name);
      case Draw.Orthogonal(double gain, Draw.Matrix m) -> haar(gain, m, shape, 1, name);
      // The product with its partner is not that of independent matrices: WeightLaw knows nothing
      // of
      // pairs, so this is the law of the tensor by itself.
      case Draw.Aligned d -> new PlannedLaw(0, org.fanin.plan.Draws.variance(d, shape), 3, name);
      case Draw.DeltaOrthogonal(double gain, Draw.Matrix m, List<Integer> taps) ->
          haar(gain, m, shape, extent(taps, shape), name);
      case Draw.Identity(double gain, Draw.Matrix m, List<Integer> taps, int groups) ->
          haar(gain, m, shape, extent(taps, shape), name);
      case Draw.Hadamard(Draw.Matrix m, List<Integer> taps) ->
          haar(1, m, shape, extent(taps, shape), name);
      case Draw.Sparse(long nonZero, double std, Draw.Matrix m) ->
          new PlannedLaw(0, std * std * nonZero / extent(m.columns(), shape), 3, name);
      case Draw.Parts(int axis, List<Draw> parts) ->
          parted(parts.stream().map(d -> of(d, shape, name)).toList(), shape.dim(axis), name);
      case Draw.Slice(Draw rest, int axis, long _, double value) ->
          sliced(of(rest, shape, name), value, 1.0 / shape.dim(axis), name);
      case Draw.SoftplusInverse(double low, double high) -> softplusInverse(low, high, name);
      case Draw.LogRange(int axis) -> logRange(shape.dim(axis), name);
    };
  }

  double m2() {
    return mean * mean + variance;
  }

  /// E w⁴.
  double m4() {
    return kurtosis * variance * variance + 6 * mean * mean * variance + mean * mean * mean * mean;
  }

  Field field(Shape shape) {
    double m2 = m2();
    if (m2 == 0) {
      return Field.zero(shape);
    }
    if (variance == 0) {
      return Field.constant(shape, mean, Math.log(m2));
    }
    Field f = Field.iid(shape, Math.log(m2));
    if (mean == 0) {
      return parts.map(p -> profiled(f, shape, p)).orElse(f);
    }
    double[] k = new double[f.k.length];
    java.util.Arrays.fill(k, mean * mean / m2);
    k[0] = 1;
    return f.with(k, mean / Math.sqrt(m2), f.ln);
  }

  Sample.Stats stats(long count) {
    double reach = Math.abs(mean) + 3 * Math.sqrt(variance);
    return new Sample.Stats(count, mean, m2(), m4(), reach, 0);
  }

  private static PlannedLaw haar(
      double gain, Draw.Matrix m, Shape shape, double taps, String name) {
    double longest = Math.max(extent(m.rows(), shape), extent(m.columns(), shape));
    return new PlannedLaw(0, gain * gain / Math.max(1, longest) / taps, 3, name);
  }

  private static double extent(List<Integer> axes, Shape shape) {
    double n = 1;
    for (int a : axes) {
      n *= shape.dim(a);
    }
    return Math.max(1, n);
  }

  /// A view keeps the profile where one axis alone can be the one that is cut.
  private static Field profiled(Field f, Shape shape, Parts parts) {
    int atom = -1;
    int next = 0;
    for (int i = 0; i < shape.rank(); i++) {
      if (shape.dim(i) == parts.extent()) {
        if (atom >= 0) {
          return f;
        }
        atom = next;
      }
      next += shape.dim(i) == 1 ? 0 : 1;
    }
    return atom < 0 || f.atoms.length != next ? f : f.withProfile(atom, parts.profile());
  }

  private static PlannedLaw parted(List<PlannedLaw> parts, long extent, String name) {
    PlannedLaw all = mixed(parts, name);
    boolean even = parts.stream().allMatch(p -> p.m2() == parts.getFirst().m2());
    boolean centred = parts.stream().allMatch(p -> p.mean() == 0 && p.parts().isEmpty());
    if (even || !centred || extent > LONGEST || extent % parts.size() != 0) {
      return all;
    }
    List<Double> shares = parts.stream().map(p -> p.m2() / all.m2()).toList();
    return new PlannedLaw(
        0, all.variance, all.kurtosis, name, Optional.of(new Parts(extent, shares)));
  }

  private static PlannedLaw mixed(List<PlannedLaw> parts, String name) {
    double mean = parts.stream().mapToDouble(PlannedLaw::mean).average().orElse(0);
    double m2 = parts.stream().mapToDouble(PlannedLaw::m2).average().orElse(0);
    double kurtosis = parts.stream().mapToDouble(PlannedLaw::kurtosis).average().orElse(3);
    return new PlannedLaw(mean, Math.max(0, m2 - mean * mean), kurtosis, name);
  }

  private static PlannedLaw sliced(PlannedLaw rest, double value, double share, String name) {
    double mean = (1 - share) * rest.mean + share * value;
    double m2 = (1 - share) * rest.m2() + share * value * value;
    return new PlannedLaw(mean, Math.max(0, m2 - mean * mean), rest.kurtosis, name);
  }

  private static PlannedLaw softplusInverse(double low, double high, String name) {
    List<PlannedLaw> points = new ArrayList<>();
    double a = Math.log(low);
    double b = Math.log(high);
    for (int i = 0; i < QUANTILES; i++) {
      double y = Math.exp(a + (b - a) * (i + .5) / QUANTILES);
      points.add(constant(y + Math.log(-Math.expm1(-y))));
    }
    return mixed(points, name);
  }

  private static PlannedLaw logRange(long extent, String name) {
    List<PlannedLaw> points = new ArrayList<>();
    for (int i = 0; i < Math.min(extent, QUANTILES); i++) {
      points.add(constant(Math.log((i + .5) * extent / Math.min(extent, QUANTILES) + .5)));
    }
    return mixed(points, name);
  }
}
