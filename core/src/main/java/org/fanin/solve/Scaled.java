package org.fanin.solve;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import org.fanin.plan.Draw;
import org.fanin.plan.Schemes;

/// Draws multiplied by a number.
final class Scaled {
  /// Digits of a measured factor: what the order of an engine's sums decides lies far behind.
  private static final MathContext DIGITS = new MathContext(3);

  private Scaled() {}

  /// `x` with three significant digits.
  static double rounded(double x) {
    return new BigDecimal(x).round(DIGITS).doubleValue();
  }

  /// @throws IllegalArgumentException for draws whose elements are not free to be multiplied
  static Draw draw(Draw d, double f) {
    return switch (d) {
      case Draw.Constant(double v) -> new Draw.Constant(v * f);
      case Draw.Uniform(double low, double high) -> new Draw.Uniform(low * f, high * f);
      case Draw.Normal(double mean, double std) -> new Draw.Normal(mean * f, std * f);
      case Draw.Truncated(double mean, double std, double cut) ->
          new Draw.Truncated(mean * f, std * f, cut);
      case Draw.Orthogonal(double gain, Draw.Matrix m) -> new Draw.Orthogonal(gain * f, m);
      case Draw.DeltaOrthogonal(double gain, Draw.Matrix m, List<Integer> taps) ->
          new Draw.DeltaOrthogonal(gain * f, m, taps);
      case Draw.Identity(double gain, Draw.Matrix m, List<Integer> taps, int groups) ->
          new Draw.Identity(gain * f, m, taps, groups);
      case Draw.Sparse(long n, double std, Draw.Matrix m) -> new Draw.Sparse(n, std * f, m);
      case Draw.Parts(int axis, List<Draw> parts) ->
          new Draw.Parts(axis, parts.stream().map(p -> draw(p, f)).toList());
      case Draw.Slice(Draw rest, int axis, long index, double value) ->
          new Draw.Slice(draw(rest, f), axis, index, value * f);
      case Draw.Aligned _, Draw.Hadamard _, Draw.SoftplusInverse _, Draw.LogRange _ ->
          throw new IllegalArgumentException("no factor for " + d);
    };
  }

  /// How the kinds of draw that a start has are spelled.
  static String spelling(Draw d) {
    return switch (d) {
      case Draw.Constant(double v) -> Schemes.constant(v).name();
      case Draw.Normal(double _, double std) -> Schemes.normal(std).name();
      case Draw.Orthogonal(double gain, Draw.Matrix _) -> Schemes.orthogonal(gain).name();
      case Draw.Parts(int _, List<Draw> parts) -> spelling(parts.getFirst());
      case Draw.Uniform _,
          Draw.Truncated _,
          Draw.DeltaOrthogonal _,
          Draw.Identity _,
          Draw.Sparse _,
          Draw.Slice _,
          Draw.Aligned _,
          Draw.Hadamard _,
          Draw.SoftplusInverse _,
          Draw.LogRange _ ->
          d.getClass().getSimpleName();
    };
  }
}
