package org.fanin.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.fanin.graph.Axes;
import org.fanin.graph.Fan;
import org.fanin.math.TruncatedNormal;
import org.fanin.tensor.Shape;

/// Turns schemes into draws.
final class SchemeDraws {
  private SchemeDraws() {}

  static Draw draw(Scheme s, TensorSpec spec) {
    return switch (s.distribution()) {
      case Distribution.Constant(double value) -> new Draw.Constant(value);
      case Distribution.Normal _ -> normal(0, deviation(s, spec));
      case Distribution.Around(double mean) -> normal(mean, deviation(s, spec));
      case Distribution.Uniform _ -> {
        double bound = Math.sqrt(3 * nominal(s, spec));
        yield bound == 0 ? new Draw.Constant(0) : new Draw.Uniform(-bound, bound);
      }
      case Distribution.Truncated(double cut, boolean corrected) -> {
        double std = deviation(s, spec) / (corrected ? TruncatedNormal.std(cut) : 1);
        yield std == 0 ? new Draw.Constant(0) : new Draw.Truncated(0, std, cut);
      }
      case Distribution.Orthogonal _ -> orthogonal(s, spec);
      case Distribution.DeltaOrthogonal _ -> delta(s, spec);
      case Distribution.Identity _ -> identity(s, spec);
      case Distribution.Hadamard _ -> hadamard(s, spec);
      case Distribution.Sparse(long n) -> sparse(s, n, spec);
      case Distribution.ForgetBias(double value) -> forget(s, value, spec);
      case Distribution.StepBias(double low, double high) -> new Draw.SoftplusInverse(low, high);
      case Distribution.LogRange _ -> new Draw.LogRange(Math.max(0, spec.shape().rank() - 1));
    };
  }

  private static Draw normal(double mean, double std) {
    return std == 0 ? new Draw.Constant(mean) : new Draw.Normal(mean, std);
  }

  // ---- scale ----

  /// gain²/fan·depth, before any cut. What goes by fans aims at the weight that meets data, so that
  /// a constant factor on the way there is made up for.
  private static double nominal(Scheme s, TensorSpec spec) {
    double deep = s.depth().factor(spec.layer(), spec.layers(), s.name() + " for " + spec.name());
    if (s.fan() == FanMode.NONE) {
      return s.gain2() * deep;
    }
    Fan f = fan(s, spec);
    double n = s.fan().of(f.in(), f.out());
    if (!(n > 0)) {
      throw new IllegalArgumentException(
          s.name() + " needs a positive " + s.fan().formula() + ", " + spec.name() + " has " + n);
    }
    return s.gain2() / n * deep / square(spec);
  }

  private static double square(TensorSpec spec) {
    return spec.arrival().factor() * spec.arrival().factor();
  }

  private static double deviation(Scheme s, TensorSpec spec) {
    return Math.sqrt(nominal(s, spec));
  }

  private static Fan fan(Scheme s, TensorSpec spec) {
    return spec.fan()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    s.name()
                        + " needs fans, and "
                        + spec.name()
                        + " ("
                        + spec.role()
                        + ", "
                        + spec.because()
                        + ") has none"));
  }

  // ---- matrices ----

  private static Axes axes(Scheme s, TensorSpec spec) {
    return fan(s, spec)
        .axes()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    s.name()
                        + " needs to know which axes of "
                        + spec.name()
                        + " are outputs and which inputs: "
                        + spec.because()));
  }

  private static Draw.Matrix flat(Axes a) {
    return new Draw.Matrix(a.rows(), a.inputs(), a.batch());
  }

  private static Draw.Matrix pointwise(Axes a) {
    return new Draw.Matrix(a.rows(), a.columns(), a.batch());
  }

  static double extent(Shape shape, List<Integer> axes) {
    double n = 1;
    for (int a : axes) {
      n *= shape.dim(a);
    }
    return n;
  }

  /// One part: of a fused projection, of the gates, or one group of a convolution.
  private record Part(Axes axes, int axis, int count) {
    static Part of(Axes a) {
      if (a.parts() > 1) {
        return new Part(a, a.partAxis(), a.parts());
      }
      // A group of a convolution is a matrix of its own; its outputs, or for a transposed one its
      // inputs, lie along axis 0.
      return a.groups() > 1 ? new Part(a, 0, a.groups()) : new Part(a, -1, 1);
    }

    double rows(Shape s) {
      return extent(s, axes.rows()) / (axes.rows().contains(axis) ? count : 1);
    }

    double inputs(Shape s) {
      return extent(s, axes.inputs()) / (axes.inputs().contains(axis) ? count : 1);
    }

    double columns(Shape s) {
      return extent(s, axes.columns()) / (axes.columns().contains(axis) ? count : 1);
    }

    Draw each(Draw one) {
      return count == 1 ? one : new Draw.Parts(axis, Collections.nCopies(count, one));
    }
  }

  /// √(variance·max(rows, columns)): with the scheme's own fan (the larger side) that is the gain;
  /// with another it includes √(out/in).
  private static double gain(Scheme s, TensorSpec spec, double rows, double columns) {
    double deep = s.depth().factor(spec.layer(), spec.layers(), s.name() + " for " + spec.name());
    return s.fan() == FanMode.LARGEST || s.fan() == FanMode.NONE
        ? Math.sqrt(s.gain2() * deep / square(spec))
        : Math.sqrt(nominal(s, spec) * Math.max(rows, columns));
  }

  private static Draw orthogonal(Scheme s, TensorSpec spec) {
    Part p = Part.of(axes(s, spec));
    double g = gain(s, spec, p.rows(spec.shape()), p.inputs(spec.shape()));
    return p.each(new Draw.Orthogonal(g, flat(p.axes())));
  }

  private static Draw delta(Scheme s, TensorSpec spec) {
    Axes a = axes(s, spec);
    if (a.taps().isEmpty()) {
      return orthogonal(s, spec);
    }
    Part p = Part.of(a);
    double g = gain(s, spec, p.rows(spec.shape()), p.columns(spec.shape()));
    return p.each(new Draw.DeltaOrthogonal(g, pointwise(a), a.taps()));
  }

  private static Draw identity(Scheme s, TensorSpec spec) {
    Axes a = axes(s, spec);
    Draw.Identity one =
        new Draw.Identity(
            Math.sqrt(s.gain2()), pointwise(a), a.taps(), a.parts() > 1 ? 1 : a.groups());
    return a.parts() > 1 ? new Draw.Parts(a.partAxis(), Collections.nCopies(a.parts(), one)) : one;
  }

  private static Draw hadamard(Scheme s, TensorSpec spec) {
    Axes a = axes(s, spec);
    return Part.of(a).each(new Draw.Hadamard(pointwise(a), a.taps()));
  }

  private static Draw sparse(Scheme s, long nonZero, TensorSpec spec) {
    Axes a = axes(s, spec);
    long most = Math.max(1, (long) Part.of(a).inputs(spec.shape()));
    return new Draw.Sparse(Math.min(nonZero, most), Math.sqrt(s.gain2()), flat(a));
  }

  // ---- gates ----

  /// The gates' biases lie along the last axis. Where two biases are added, only the first one of
  /// the forget gate gets the value, so that the sum is what was asked for.
  private static Draw forget(Scheme s, double value, TensorSpec spec) {
    String gates = spec.gates();
    int axis = spec.shape().rank() - 1;
    if (gates.indexOf('f') < 0 || axis < 0 || spec.shape().dim(axis) % gates.length() != 0) {
      throw new IllegalArgumentException(
          s.name() + " needs the biases of LSTM gates, " + spec.name() + " is " + spec.because());
    }
    List<Draw> parts = new ArrayList<>();
    for (int i = 0; i < gates.length(); i++) {
      parts.add(new Draw.Constant(i == gates.indexOf('f') ? value : 0));
    }
    return new Draw.Parts(axis, parts);
  }
}
