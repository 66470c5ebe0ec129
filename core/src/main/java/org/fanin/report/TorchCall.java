package org.fanin.report;

import org.fanin.math.Fn;
import org.fanin.plan.Distribution;
import org.fanin.plan.Scheme;
import org.fanin.tensor.Shape;

/// A call of `torch.nn.init` on one tensor.
public sealed interface TorchCall {
  /// `kaiming_normal_` with fan_in: σ = gain/√fan_in, the gain by PyTorch's table.
  ///
  /// @param slope of a leaky ReLU, `a` of PyTorch; 0 for the others
  record Kaiming(Nonlinearity nonlinearity, double slope) implements TorchCall {}

  /// `normal_` with σ = gain/√fan, for gains and fans that PyTorch has no words for.
  record Normal(double gain, double fan) implements TorchCall {
    public Normal {
      if (!(gain >= 0 && fan > 0)) {
        throw new IllegalArgumentException("gain " + gain + ", fan " + fan);
      }
    }
  }

  /// `zeros_`, `ones_` or `constant_`.
  record Constant(double value) implements TorchCall {}

  /// What PyTorch's table of gains calls it.
  enum Nonlinearity {
    LINEAR("linear"),
    RELU("relu"),
    LEAKY_RELU("leaky_relu");

    private final String word;

    Nonlinearity(String word) {
      this.word = word;
    }
  }

  /// The call that draws as a recommendation says.
  ///
  /// @param stored the tensor's shape in PyTorch
  /// @param fanIn terms in the sum of one output
  static TorchCall of(Recommender.Recommendation r, Shape stored, double fanIn) {
    Scheme s = r.scheme();
    if (s.distribution() instanceof Distribution.Constant(double value)) {
      return new Constant(value);
    }
    boolean asTorchCounts = stored.rank() >= 2 && fanIn(stored) == fanIn;
    double slope = slope(r);
    if (asTorchCounts && s.gain2() == 1) {
      return new Kaiming(Nonlinearity.LINEAR, 0);
    }
    if (asTorchCounts && s.gain2() == 2) {
      return new Kaiming(Nonlinearity.RELU, 0);
    }
    if (asTorchCounts && slope > 0 && s.gain2() == 2 / (1 + slope * slope)) {
      return new Kaiming(Nonlinearity.LEAKY_RELU, slope);
    }
    return new Normal(Math.sqrt(s.gain2()), fanIn);
  }

  /// As `torch.nn.init._calculate_fan_in_and_fan_out` counts.
  private static double fanIn(Shape s) {
    double n = 1;
    for (int axis = 1; axis < s.rank(); axis++) {
      n *= s.dim(axis);
    }
    return n;
  }

  private static double slope(Recommender.Recommendation r) {
    return r.through().map(TorchCall::slope).orElse(0.0);
  }

  private static double slope(Fn f) {
    return f.form() instanceof Fn.Form.AbRelu(double below, double above) && above == 1 ? below : 0;
  }

  /// Name of the function.
  default String function() {
    return switch (this) {
      case Kaiming _ -> "kaiming_normal_";
      case Normal _ -> "normal_";
      case Constant(double value) -> value == 0 ? "zeros_" : value == 1 ? "ones_" : "constant_";
    };
  }

  /// What stands behind the tensor; empty for a function of the tensor alone.
  default String arguments() {
    return switch (this) {
      case Kaiming(Nonlinearity n, double slope) ->
          n == Nonlinearity.LEAKY_RELU
              ? "a=" + TorchCode.number(slope)
              : "nonlinearity=\"" + n.word + "\"";
      case Normal(double gain, double fan) ->
          "std=" + TorchCode.number(gain) + " / " + TorchCode.number(fan) + "**0.5";
      case Constant(double value) -> value == 0 || value == 1 ? "" : TorchCode.number(value);
    };
  }
}
