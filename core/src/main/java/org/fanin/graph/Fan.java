package org.fanin.graph;

import java.util.Optional;

/// How many weights feed one output unit and how many output units one input unit feeds, with the
/// axes that say so.
///
/// @param in terms in the sum of one output element (taps × input channels / groups)
/// @param out terms in the sum of one input's gradient, per output phase average (taps × output
///   channels / (groups·stride²))
/// @param blocks independently drawn blocks stacked in one tensor (3 for fused QKV, 4 for LSTM
///   gates, experts); fans are per block
/// @param because the derivation in words, e.g. "conv 3×3, 64/2 in: 9·32 = 288"
/// @param axes what each axis of the stored tensor is; empty when the way from the file to the use
///   mixes axes
public record Fan(double in, double out, int blocks, String because, Optional<Axes> axes) {
  /// Without axes.
  public Fan(double in, double out, int blocks, String because) {
    this(in, out, blocks, because, Optional.empty());
  }

  public Fan withAxes(Optional<Axes> found) {
    return new Fan(in, out, blocks, because, found);
  }
}
