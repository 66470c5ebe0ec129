package org.fanin.math;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.DoubleUnaryOperator;

/// E g(u)g(v) by nested one-dimensional quadrature: slow, independent of Hermite series and closed
/// forms.
final class Quadrature2 {
  private Quadrature2() {}

  static double kernel(Fn f, double mean, double sd, double rho) {
    return kernel(f, f.value(), mean, sd, rho);
  }

  static double slopeKernel(Fn f, double mean, double sd, double rho) {
    return kernel(f, f.derivative(), mean, sd, rho);
  }

  private static double kernel(Fn f, DoubleUnaryOperator g, double mean, double sd, double rho) {
    double rest = Math.sqrt((1 - rho) * (1 + rho));
    Panels outer = Panels.of(sharper(f, sd * rest), mean, sd);
    double sum = 0;
    for (int i = 0; i < outer.size(); i++) {
      double x = outer.z()[i];
      double centre = mean + sd * rho * x;
      Panels inner = Panels.of(f, centre, sd * rest);
      double smooth = 0;
      for (int j = 0; j < inner.size(); j++) {
        smooth += inner.weight()[j] * g.applyAsDouble(centre + sd * rest * inner.z()[j]);
      }
      sum += outer.weight()[i] * g.applyAsDouble(mean + sd * x) * smooth;
    }
    return sum;
  }

  /// The inner expectation bends at kinks on the scale of the inner deviation, so the outer one
  /// looks there as closely.
  private static Fn sharper(Fn f, double width) {
    TreeSet<Double> scales = new TreeSet<>(f.scales());
    List<Double> at = new ArrayList<>(f.kinks());
    at.addAll(f.scales());
    for (double k : at) {
      scales.add(k - width / 2);
      scales.add(k);
      scales.add(k + width / 2);
    }
    return new Fn(f.name(), f.value(), f.derivative(), f.kinks(), List.copyOf(scales), f.form());
  }
}
