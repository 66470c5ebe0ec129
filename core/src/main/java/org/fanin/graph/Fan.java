package org.fanin.graph;

/// How many weights feed one output unit and how many output units one input unit feeds, with the
/// axes that say so.
///
/// @param in terms in the sum of one output element (taps × input channels / groups)
/// @param out terms in the sum of one input's gradient, per output phase average (taps × output
///   channels / (groups·stride²))
/// @param blocks independently drawn blocks stacked in one tensor (3 for fused QKV, 4 for LSTM
///   gates, experts); fans are per block
/// @param because the derivation in words, e.g. "conv 3×3, 64/2 in: 9·32 = 288"
public record Fan(double in, double out, int blocks, String because) {}
