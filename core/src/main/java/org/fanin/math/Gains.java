package org.fanin.math;

import java.util.Locale;

/// By what to multiply weights of variance 1/n so that an activation keeps the scale, for inputs
/// N(0, 1).
public final class Gains {
  private Gains() {}

  /// 1/√E φ²: with Var w = gain²/fan_in the second moment after the next layer is again 1. ∞ for φ
  /// = 0.
  public static double forward(Fn f) {
    return 1 / Math.sqrt(Gaussian.moments(f, 0, 1).ef2());
  }

  /// 1/√E φ′²: with Var w = gain²/fan_out the gradient keeps its second moment. ∞ where φ′ = 0
  /// (step, sign).
  public static double backward(Fn f) {
    return 1 / Math.sqrt(Gaussian.moments(f, 0, 1).slopeM2());
  }

  /// What `torch.nn.init.calculate_gain` returns. Empirical for tanh (5/3) and SELU (3/4), 1 for
  /// sigmoid: for compatibility, not our advice ([#forward]).
  ///
  /// @param slope negative slope of a leaky ReLU, otherwise ignored
  /// @throws IllegalArgumentException for a name PyTorch does not know
  public static double pytorch(String nonlinearity, double slope) {
    return switch (nonlinearity.toLowerCase(Locale.ROOT).replace('-', '_')) {
      case "linear", "identity", "conv1d", "conv2d", "conv3d", "sigmoid" -> 1;
      case "tanh" -> 5.0 / 3;
      case "relu" -> Math.sqrt(2);
      case "leaky_relu" -> Math.sqrt(2 / (1 + slope * slope));
      case "selu" -> 0.75;
      default ->
          throw new IllegalArgumentException(
              "PyTorch has no gain for \""
                  + nonlinearity
                  + "\"; it knows linear, conv, sigmoid, tanh, relu, leaky-relu, selu");
    };
  }
}
