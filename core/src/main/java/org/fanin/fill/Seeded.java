package org.fanin.fill;

import java.util.Optional;
import org.fanin.graph.Axes;
import org.fanin.graph.Fan;
import org.fanin.graph.Role;
import org.fanin.plan.Distribution;
import org.fanin.plan.Draw;
import org.fanin.plan.Draws;
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
    Draw draw = scheme.draw(spec(name, shape, Optional.of(fan)));
    return weights(
        name,
        shape,
        draw,
        Optional.of(fan),
        scheme.name(),
        Draws.variance(draw, shape),
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
    String because = fan.map(Fan::because).orElse("as it was asked for");
    return new Weights(
        seed,
        new TensorPlan(spec(name, shape, fan), draw, false, scheme, variance, because, source),
        1);
  }

  static TensorPlan plan(TensorPlan p, DType dtype, boolean stochastic) {
    return new TensorPlan(
        p.spec().withDtype(dtype),
        p.draw(),
        stochastic,
        p.scheme(),
        p.variance(),
        p.because(),
        p.source());
  }

  private static TensorSpec spec(String name, Shape shape, Optional<Fan> fan) {
    return new TensorSpec(
        name, shape, DType.F32, Role.WEIGHT, fan, false, -1, 0, "", "named by a program");
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
    String because = "shape " + shape + ": " + (long) in + " in, " + (long) out + " out";
    Optional<Axes> axes =
        shape.rank() < 2 ? Optional.empty() : Optional.of(Axes.conv(shape.rank(), 1));
    return new Fan(in, out, 1, because, axes);
  }
}
