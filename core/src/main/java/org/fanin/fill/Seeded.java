package org.fanin.fill;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.fanin.graph.Fan;
import org.fanin.graph.Role;
import org.fanin.math.TruncatedNormal;
import org.fanin.plan.Distribution;
import org.fanin.plan.Draw;
import org.fanin.plan.Scheme;
import org.fanin.plan.TensorPlan;
import org.fanin.plan.TensorSpec;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// A seed that weights are drawn from by name. Two tensors with the same name, seed and scheme are
/// equal; with different names they are independent.
///
/// @param seed any 64 bits
public record Seeded(long seed) {
  /// Weights by a scheme, with fans from the shape, which is the frameworks' [out, in] of a dense
  /// layer or [out, in, taps…] of a convolution: fan-in = in·taps, fan-out = out·taps.
  ///
  /// @param name the tensor's, as it stands in files
  /// @throws IllegalArgumentException when the scheme needs fans and the shape has fewer than two
  ///   axes
  public Weights weights(String name, Shape shape, Scheme scheme) {
    return weights(name, shape, scheme, fan(name, shape, scheme));
  }

  /// The same with fans of your own, for layouts that are not [out, in, …] and for grouped, tied or
  /// strided layers.
  public Weights weights(String name, Shape shape, Scheme scheme, Fan fan) {
    return weights(
        name,
        shape,
        draw(scheme, shape, fan),
        Optional.of(fan),
        scheme.name(),
        scheme.variance(fan.in(), fan.out()),
        scheme.source());
  }

  /// Weights by a draw that is completely specified.
  public Weights weights(String name, Shape shape, Draw draw) {
    return weights(
        name, shape, draw, Optional.empty(), draw.toString(), Double.NaN, "given by the caller");
  }

  private Weights weights(
      String name,
      Shape shape,
      Draw draw,
      Optional<Fan> fan,
      String scheme,
      double variance,
      String source) {
    var spec =
        new TensorSpec(
            name, shape, DType.F32, Role.OTHER, fan, false, -1, 0, "", "named by a program");
    String because = fan.map(Fan::because).orElse("as it was asked for");
    return new Weights(
        seed, new TensorPlan(spec, draw, false, scheme, variance, because, source), 1);
  }

  static TensorPlan plan(TensorPlan p, DType dtype, boolean stochastic) {
    TensorSpec s = p.spec();
    var spec =
        new TensorSpec(
            s.name(),
            s.shape(),
            dtype,
            s.role(),
            s.fan(),
            s.residualEnd(),
            s.layer(),
            s.layers(),
            s.activation(),
            s.because());
    return new TensorPlan(
        spec, p.draw(), stochastic, p.scheme(), p.variance(), p.because(), p.source());
  }

  private static Fan fan(String name, Shape shape, Scheme scheme) {
    boolean unneeded = scheme.distribution() instanceof Distribution.Constant;
    if (shape.rank() < 2 && !unneeded && scheme.fan() != org.fanin.plan.FanMode.NONE) {
      throw new IllegalArgumentException(
          name
              + ": shape "
              + shape
              + " has no fan-in and fan-out; give a Fan, or a scheme without fans such as normal(σ)");
    }
    double taps = 1;
    for (int axis = 2; axis < shape.rank(); axis++) {
      taps *= shape.dim(axis);
    }
    double in = shape.rank() < 2 ? 1 : shape.dim(1) * taps;
    double out = shape.rank() < 1 ? 1 : shape.dim(0) * taps;
    return new Fan(in, out, 1, "shape " + shape + ": " + (long) in + " in, " + (long) out + " out");
  }

  private static Draw draw(Scheme scheme, Shape shape, Fan fan) {
    double std = scheme.deviation(fan.in(), fan.out());
    return switch (scheme.distribution()) {
      case Distribution.Constant(double value) -> new Draw.Constant(value);
      case Distribution.Normal() -> new Draw.Normal(0, std);
      case Distribution.Uniform() -> {
        double bound = scheme.bound(fan.in(), fan.out());
        yield new Draw.Uniform(-bound, bound);
      }
      case Distribution.Truncated(double cut, boolean _) ->
          new Draw.Truncated(0, std / Math.sqrt(TruncatedNormal.variance(cut)), cut);
      case Distribution.Orthogonal() ->
          new Draw.Orthogonal(
              Math.sqrt(scheme.gain2()),
              new Draw.Matrix(
                  List.of(0), IntStream.range(1, shape.rank()).boxed().toList(), List.of()));
    };
  }
}
