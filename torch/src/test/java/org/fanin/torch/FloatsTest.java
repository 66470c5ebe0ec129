package org.fanin.torch;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.fanin.math.Fn;
import org.fanin.math.Fns;
import org.fanin.tensor.Shape;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Functions of one variable in float32: their own values in float64, rounded, for small arguments
/// too. What cancels there (the tail of GELU) is left out.
class FloatsTest {
  private static final int STEPS = 4000;

  /// Roundings of the value; libtorch's vector functions promise 1 to 4.
  private static final double MOST = 4;

  static List<Fn> functions() {
    return List.of(
        Fns.erf(),
        Fns.tanh(),
        Fns.sigmoid(),
        Fns.sin(),
        Fns.cos(),
        Fns.exp(),
        Fns.selu(),
        Fns.elu(1),
        Fns.celu(1),
        Fns.silu(),
        Fns.mish(),
        Fns.softplus(),
        Fns.softsign(),
        Fns.hardSwish(),
        Fns.log1p(),
        Fns.sinh(),
        Fns.tan(),
        Fns.atan(),
        Fns.asinh(),
        Fns.rsqrt(),
        Fns.log());
  }

  @ParameterizedTest
  @MethodSource("functions")
  void valuesAreRoundedOnce(Fn fn) {
    new TorchEngine().prepare();
    List<Double> at = new ArrayList<>();
    for (int i = 0; i < STEPS; i++) {
      double x = (float) Math.pow(10, -8 + 8.5 * i / STEPS);
      at.add(x);
      at.add(-x);
    }
    Shape shape = Shape.of(at.size());
    try (PointerScope _ = new PointerScope()) {
      Tensor f = Bridge.generate(shape, ScalarType.Float, i -> at.get((int) i));
      Tensor d = Bridge.generate(shape, ScalarType.Double, i -> at.get((int) i));
      var rough = Bridge.view(Elementwise.apply(fn, f, shape).contiguous(), shape);
      var fine = Bridge.view(Elementwise.apply(fn, d, shape).contiguous(), shape);
      double worst = 0;
      double where = 0;
      for (int i = 0; i < at.size(); i++) {
        double off = Math.abs(rough.at(i) / fine.at(i) - 1) / 0x1p-24;
        if (off > worst) {
          worst = off;
          where = at.get(i);
        }
      }
      assertTrue(worst <= MOST, fn.name() + " is " + worst + " roundings off at " + where);
    }
  }
}
